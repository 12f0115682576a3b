/**
 * Which rungs of the resume ladder are tried, in which order, and why not a better one: pure. What is found out
 * only by trying (a sandbox that is gone, an image that does not fit, a budget that runs out) is added to the
 * misses by whoever tries (wake.ts).
 */
import type { Rung } from '@cellbook/shared/protocol/workspace.ts';
import { type SnapshotFingerprint, whyNotRestorable } from '../sandbox/snapshot/fingerprint.ts';
import { isFrozen, type Rest } from './rest.ts';

export interface Missed {
  rung: Rung;
  /** One phrase for a person. */
  why: string;
}

export interface Climb {
  /** Best first; the last always works where anything does. */
  tries: readonly Rung[];
  missed: readonly Missed[];
}

export interface ClimbFacts {
  rest: Rest | null;
  /** Why nothing was kept, where that is known. */
  whyNoRest: string | null;
  /** Whether the rest is on the host that the workspace is resumed on. */
  isAtRest: boolean;
  /** What that host can restore; null where it keeps no memory. */
  here: SnapshotFingerprint | null;
  /** A ready member of the pool can be claimed there. */
  hasMember: boolean;
}

export function climb({ rest, whyNoRest, isAtRest, here, hasMember }: ClimbFacts): Climb {
  const missed: Missed[] = [];
  const tries: Rung[] = [];
  const miss = (rung: Rung, why: string) => void missed.push({ rung, why });
  if (rest === null) miss('memory', whyNoRest ?? 'nothing of its memory is kept');
  else if (!isAtRest)
    miss(isFrozen(rest) ? 'live' : 'memory', 'the host that keeps its memory cannot be used');
  else if (here === null) miss('memory', 'this host keeps no memory');
  else if (isFrozen(rest)) tries.push('live');
  else {
    const why = rest.image && whyNotRestorable(rest.image.fingerprint, here);
    if (why) miss('memory', why);
    else tries.push('memory');
  }
  if (hasMember) tries.push('files');
  tries.push('cold');
  return { tries, missed };
}
