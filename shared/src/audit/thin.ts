/**
 * Which signed statements of a chain say nothing any more that a later one does not say. A checkpoint vouches for
 * everything before it, since each row's hash is taken of the one before; what an older one adds is when something
 * was there, and fewer rows to look through. So checkpoints get sparse with age:
 *
 *   a day      all of them
 *   a month    the last of each hour
 *   older      the last of each day
 *   always     the last of each thousand rows, at which a chain can be shortened; and the newest
 *
 * Behind a removal nothing counts but the newest removal: it is where the chain begins. Whether a statement is
 * superfluous depends on what stands after it alone, so it is the same before, in the middle of and after a thinning.
 */
import { limits } from '../limits.ts';

export interface TimedStatement {
  kind: 'checkpoint' | 'removal';
  seq: number;
  atMs: number;
}

/** Of statements in any order; a later `nowMs` never makes one needed that was not. */
export function superfluous<Statement extends TimedStatement>(
  statements: readonly Statement[],
  nowMs: number,
): Statement[] {
  const begin = Math.max(0, ...statements.flatMap(({ kind, seq }) => (kind === 'removal' ? [seq] : [])));
  const behind = statements.filter(({ kind, seq }) => (kind === 'removal' ? seq < begin : seq <= begin));
  const checkpoints = statements
    .filter(({ kind, seq }) => kind === 'checkpoint' && seq > begin)
    .sort((one, other) => one.seq - other.seq);
  const sparse = checkpoints.filter((one, index) => {
    const next = checkpoints[index + 1];
    return next !== undefined && isOfOneSpan(one, next, nowMs);
  });
  return [...behind, ...sparse];
}

function isOfOneSpan(one: TimedStatement, next: TimedStatement, nowMs: number): boolean {
  const { statementsWholeMs, statementsHourlyMs, checkpointEvents } = limits.audit;
  const ageMs = nowMs - one.atMs;
  if (ageMs <= statementsWholeMs) return false;
  const spanMs = ageMs <= statementsHourlyMs ? 3_600_000 : 86_400_000;
  const isSame = (length: number, here: number, there: number) =>
    Math.floor(here / length) === Math.floor(there / length);
  return isSame(spanMs, one.atMs, next.atMs) && isSame(checkpointEvents, one.seq, next.seq);
}
