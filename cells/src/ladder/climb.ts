/**
 * Which rungs of the resume ladder are tried, in which order, and why not a better one: pure. What is found out
 * only by trying (a sandbox that is gone, an image that does not fit, a budget that runs out) is added to the
 * misses by whoever tries (wake.ts).
 */
import type { MissCause, MissedRung, Rung } from '@cellbook/shared/protocol/resume.ts';
import { type SnapshotFingerprint, whyNotRestorable } from '../sandbox/snapshot/fingerprint.ts';
import { frozenUntilMs, type Rest } from './rest.ts';

export interface Climb {
  /** Best first; the last always works where anything does. */
  tries: readonly Rung[];
  missed: readonly MissedRung[];
  /** Of rungs by which it could not come back in any case: nothing went wrong, so it is said after what did. */
  aside: readonly MissedRung[];
}

export type WhyNot = Omit<MissedRung, 'rung'>;

export interface ClimbFacts {
  rest: Rest | null;
  /** Why nothing is kept, where nothing is (why-no-rest.ts). */
  whyNoRest: WhyNot;
  /** Whether the rest is on the host that the workspace is resumed on. */
  isAtRest: boolean;
  /** What that host can restore; null where it keeps no memory. */
  here: SnapshotFingerprint | null;
  /** A ready member of the pool can be claimed there. */
  hasMember: boolean;
  nowMs: number;
}

const hostAway = 'the host that keeps its memory cannot be used';

export function climb({ rest, whyNoRest, isAtRest, here, hasMember, nowMs }: ClimbFacts): Climb {
  const missed: MissedRung[] = [];
  const tries: Rung[] = [];
  const miss = (rung: Rung, cause: MissCause, why: string) => void missed.push({ rung, cause, why });
  if (rest === null) missed.push({ rung: 'memory', ...whyNoRest });
  else if (here === null) miss('memory', 'unsupported', 'this host keeps no memory');
  else if (rest.image === null) {
    if (isAtRest) tries.push('live');
    else miss('live', 'host_away', hostAway);
  } else {
    const why = whyNotRestorable(rest.image.fingerprint, here);
    if (why) miss('memory', 'incompatible', why);
    else {
      if (isAtRest) tries.push('memory');
      else miss('memory', 'host_away', hostAway);
      // Behind the host's own copy too: that one may be damaged.
      if (rest.remote) tries.push('memory-remote');
      else if (!isAtRest) miss('memory-remote', 'not_kept', 'its image had not reached the object store');
    }
  }
  if (hasMember) tries.push('files');
  tries.push('cold');
  const aside = rest === null || rest.image === null ? [] : [whyNotFrozen(rest, nowMs)];
  return { tries, missed, aside: hasMember ? aside : [...aside, nothingReady] };
}

const nothingReady: MissedRung = {
  ...{ rung: 'files', cause: 'unsupported', why: 'its host keeps no sandboxes ready' },
};

/** Of what is stored by now. */
function whyNotFrozen({ tier, suspendedAtMs }: Rest, nowMs: number): MissedRung {
  return frozenUntilMs(tier, suspendedAtMs) <= nowMs
    ? {
        rung: 'live',
        cause: 'expired',
        why: 'it was away for longer than a sandbox of its tier stays frozen',
      }
    : { rung: 'live', cause: 'not_kept', why: 'its place in memory was needed, or its host drained' };
}
