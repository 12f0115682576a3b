/** Whether a user may let a workspace stay unused for as long as he asks for. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { IdleRules } from '@cellbook/shared/protocol/quota.ts';

/** Throws `forbidden`; null asks for never being suspended. */
export function assertIdleAllowed(seconds: number | null, { secondsMax }: IdleRules, doing: string): void {
  if (secondsMax === null || (seconds !== null && seconds <= secondsMax)) return;
  const asked = seconds === null ? 'one that is never suspended' : `${seconds} s`;
  throw new CellbookError('forbidden', {
    doing,
    problem: `your organisation lets a workspace be unused for at most ${secondsMax} s, and this asks for ${asked}`,
    next: `Choose an idleSuspendSeconds of at most ${secondsMax}.`,
  });
}
