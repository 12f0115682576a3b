/** Why nothing is kept of a workspace's memory, from what its row still says. Pure. */
import { limits } from '@cellbook/shared/limits.ts';
import type { WorkspaceRow } from '../lifecycle/stores/workspace-row.ts';
import type { WhyNot } from './climb.ts';
import { frozenUntilMs, storedUntilMs } from './rest.ts';

export type LastLife = Pick<WorkspaceRow, 'phase' | 'lastRung' | 'problem' | 'lastActiveAtMs' | 'tier'>;

export function whyNoRest(row: LastLife, keepsMemory: boolean, nowMs: number): WhyNot {
  if (row.lastRung === null) return { cause: 'first_start', why: 'it has not run before' };
  // Of one whose attempt failed the problem is of that attempt.
  if (row.problem !== null && row.phase === 'suspended')
    return { cause: 'sandbox_lost', why: row.problem.slice(0, limits.ladder.whyCharsMax) };
  if (!keepsMemory) return { cause: 'unsupported', why: 'its host keeps no memory of what is suspended' };
  // It was last used before it was suspended, so this is the earliest moment at which it can be too old.
  if (storedUntilMs(row.tier, frozenUntilMs(row.tier, row.lastActiveAtMs)) <= nowMs)
    return {
      cause: 'expired',
      why: `it was away for longer than the ${daysOf(row)} days its memory is kept`,
    };
  return { cause: 'not_kept', why: 'its memory was not kept when it was suspended' };
}

const daysOf = ({ tier }: LastLife): number => limits.ladder.imageMsByTier[tier] / 86_400_000;
