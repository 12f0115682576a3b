/** What time alone brings. */
import { cancelledBecause } from '../jobs/tries.ts';
import type { Turn } from './turn.ts';

export function expire(turn: Turn): void {
  passDeadlines(turn);
  endHolds(turn);
  watchAttempts(turn);
}

function passDeadlines(turn: Turn): void {
  const { deadlines, jobs } = turn.state;
  for (;;) {
    const row = deadlines.top;
    if (row === undefined || jobs.deadlineMs[row]! > turn.nowMs || turn.isFull) return;
    turn.emit({ type: 'cancel_asked', jobId: jobs.ids[row]!, because: 'deadline' });
  }
}

function endHolds(turn: Turn): void {
  const { held, jobs, tries } = turn.state;
  for (;;) {
    const row = held.top;
    if (row === undefined || jobs.heldUntilMs[row]! > turn.nowMs || turn.isFull) return;
    const cancel = tries.get(row)?.cancel ?? null;
    const jobId = jobs.ids[row]!;
    if (cancel === null) turn.emit({ type: 'job_released', jobId });
    else if (cancel === 'asked' || cancel === 'rights')
      turn.emit({ type: 'job_ended', jobId, phase: 'cancelled', because: cancelledBecause[cancel] });
    else turn.emit({ type: 'job_ended', jobId, phase: 'timed_out', because: endings[cancel] });
  }
}

const endings = {
  deadline: 'its deadline passed',
  wall_clock: 'its attempts have used up its wall-clock budget',
};

/** Overdue ones are evidence; past the budget they are stopped, should their agent not have done so. */
function watchAttempts(turn: Turn): void {
  const { watched } = turn.state;
  for (;;) {
    const attempt = watched.top;
    if (!attempt || attempt.watchMs > turn.nowMs || turn.isFull) return;
    const { jobId, attemptId } = attempt;
    if (!attempt.overdue) turn.emit({ type: 'attempt_overdue', jobId, attemptId });
    else turn.emit({ type: 'cancel_asked', jobId, because: 'wall_clock' });
  }
}
