/**
 * Answers agents from a state that is written down, at the end of a turn: those for whom there may be news, and those
 * whose wait is over. What is missing of prompts is read before; then all are answered in one go, so that nothing can be
 * decided in between.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { ordersFor } from '../core/reports/orders.ts';
import { hostView } from '../core/reports/state-views.ts';
import type { Term } from '../core/reports/term.ts';
import type { AttemptView, HostView } from '../core/reports/views.ts';
import type { SchedulerState } from '../core/state.ts';
import type { Inbox, WaitingReport } from './inbox.ts';
import { isNews } from './news.ts';
import type { Payloads } from './payloads.ts';

export interface AnsweringDeps {
  inbox: Inbox;
  payloads: Payloads;
  clock: Clock;
  logger: Logger;
  /** Whether this leader may still act. */
  isSafe(): boolean;
  withholds?(state: SchedulerState, one: AttemptView, isToldOf: boolean): boolean;
  /** It may not any more. */
  lost: AbortSignal;
}

interface Written {
  state: SchedulerState;
  hosts: Term;
  nowMs: number;
}

export async function answerDue(deps: AnsweringDeps, written: Written): Promise<void> {
  const { inbox, clock, logger } = deps;
  const nowMs = clock.monotonicMs();
  const due = [...inbox.parked()].filter(({ isTouched, untilMs }) => isTouched || untilMs <= nowMs);
  const needed = new Set<JobId>();
  for (const { report } of due)
    for (const { jobId } of written.state.fleet.hosts.get(report.hostId)?.attempts ?? []) needed.add(jobId);
  try {
    await needPrompts(deps, needed);
  } catch (error) {
    logger.warn({ err: error }, 'prompts cannot be read; agents are answered when they can');
    return;
  }
  for (const waiting of due) if (deps.isSafe()) answer(deps, written, waiting);
}

/** Reads what is missing of them. */
export async function needPrompts(
  { payloads, clock, lost }: Pick<AnsweringDeps, 'payloads' | 'clock' | 'lost'>,
  needed: ReadonlySet<JobId>,
): Promise<void> {
  const need = () => payloads.need(needed);
  if (needed.size > 0) await withDeadline(clock, limits.scheduler.statementMs, reading, need, lost);
}

const reading = { code: 'store_unavailable', doing: 'reading the prompts of jobs' } as const;

function answer(deps: AnsweringDeps, { state, hosts, nowMs }: Written, waiting: WaitingReport): void {
  const { inbox, payloads, clock } = deps;
  const { report } = waiting;
  const orders = ordersFor(withPrompts(deps, hostView(state, report.hostId)), report, {
    ...{ term: hosts, nowMs },
    payloadOf: (jobId) => payloads.of(jobId),
    withholds: (one, isToldOf) => deps.withholds?.(state, one, isToldOf) ?? false,
  });
  waiting.isTouched = false;
  const monotonicMs = clock.monotonicMs();
  if (waiting.untilMs > monotonicMs && !isNews(orders, report)) return;
  inbox.answered(waiting);
  hosts.answered(report.hostId, monotonicMs);
  waiting.answer(orders);
}

/** Nobody runs a job of which it is not known what was asked for: somebody removed its submission. */
function withPrompts({ payloads, logger }: AnsweringDeps, view: HostView | null): HostView | null {
  if (!view) return null;
  const attempts = view.attempts.filter(({ job }) => payloads.has(job.jobId));
  for (const { job } of view.attempts)
    if (!payloads.has(job.jobId)) logger.error({ jobId: job.jobId }, 'the submission of a job is gone');
  return { ...view, attempts };
}
