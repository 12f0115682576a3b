/** What becomes of one socket when its cell has said which run of it this is: pure. */
import { limits } from '@cellbook/shared/limits.ts';

export type FollowUp = { kind: 'nothing' } | { kind: 'attach' } | { kind: 'end'; reason: string };

export interface Followed {
  /** Null: it is not parked. */
  parkedIn: string | null;
  /** Since when it is. */
  sinceMs: number;
  /** To which it is attached, as far as is known. */
  attachedTo: string | null;
}

export function followUp({ parkedIn, sinceMs, attachedTo }: Followed, run: string, nowMs: number): FollowUp {
  if (parkedIn === null)
    return attachedTo === null || attachedTo === run
      ? { kind: 'nothing' }
      : { kind: 'end', reason: 'the cell has started anew' };
  if (nowMs - sinceMs > limits.parking.parkedMsMax)
    return { kind: 'end', reason: 'it has been parked for long; whoever is there comes back' };
  return parkedIn === run ? { kind: 'nothing' } : { kind: 'attach' };
}
