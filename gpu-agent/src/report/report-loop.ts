/**
 * One report at a time, each a whole picture. A change that the scheduler should know of ends the waiting for the answer
 * to the last one; the next one is to be answered at once, and says what that answer would have said. A report that fails is sent anew to the next
 * instance; its lease goes on counting from the last one that was answered.
 */
import { type Clock, sleep, type Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import {
  type AgentOrders,
  type AgentReport,
  agentOrdersSchema,
} from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { SchedulerHttp } from '../objects/scheduler-http.ts';

const {
  progressMs,
  reportLeaseShare,
  idleLeaseShare,
  reportRunningMs,
  reportIdleMs,
  reportGapMs,
  answerMs,
  retry,
} = limits.gpuAgent;

export interface ReportTools {
  clock: Clock;
  random: Random;
  log: Logger;
  http: SchedulerHttp;
  /** The whole picture, but for how long its answer may wait. */
  picture(): Omit<AgentReport, 'sequence' | 'waitMs'>;
  /** `sentMs`: of the monotonic clock. */
  answered(orders: AgentOrders, sentMs: number): void;
  /** None was answered, or not as it should be. */
  failed?(): void;
}

export interface ReportLoop {
  /** Something is to be told now. */
  changed(): void;
  /** Something is to be told soon: people watch it, nobody waits for it. */
  progressed(): void;
  /** Resolves when a report that was sent from here on has been answered, or the signal aborts. */
  told(signal: AbortSignal): Promise<void>;
  close(): void;
}

export function startReporting(tools: ReportTools): ReportLoop {
  const { clock, random, log, http } = tools;
  const over = new AbortController();
  const told = new Set<{ from: number; resolve: () => void }>();
  let sequence = 0;
  let waiting: AbortController | null = null;
  let isCutShort = false;
  let failures = 0;
  let leaseMs = Number.POSITIVE_INFINITY;
  let sentMs = clock.monotonicMs();
  let soon: Timer | null = null;

  async function send(): Promise<void> {
    const picture = tools.picture();
    sequence++;
    const runs = picture.attempts.some(({ state }) => state.phase !== 'ended');
    const usualMs = runs
      ? Math.min(reportRunningMs, leaseMs * reportLeaseShare)
      : Math.min(reportIdleMs, leaseMs * idleLeaseShare);
    // What cut the waiting for an answer short is answered at once, and waited for: however often something changes,
    // leases are renewed.
    const waitMs = isCutShort ? 0 : Math.floor(usualMs);
    const patience = new AbortController();
    waiting = isCutShort ? null : patience;
    isCutShort = false;
    const timer = clock.setTimer(waitMs + answerMs, () => patience.abort(new Error('no answer in time')));
    sentMs = clock.monotonicMs();
    const countsFromMs = sentMs;
    try {
      const answer = await http.call('/agent/v1/report', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...picture, sequence, waitMs }),
        signal: AbortSignal.any([patience.signal, over.signal]),
      });
      if (!answer.ok)
        throw new Error(`the scheduler answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
      const orders = agentOrdersSchema.parse(await answer.json());
      leaseMs = orders.leaseMs;
      tools.answered(orders, countsFromMs);
      if (failures > 0) log.info({ failures }, 'a scheduler answers again');
      failures = 0;
      for (const waiter of told) if (sequence >= waiter.from) waiter.resolve();
    } finally {
      waiting = null;
      timer.cancel();
    }
  }

  async function loop(): Promise<void> {
    while (!over.signal.aborted) {
      const startedMs = clock.monotonicMs();
      try {
        await send();
      } catch (thrown) {
        if (over.signal.aborted) return;
        if (!isCutShort) await failed(thrown);
      }
      const restMs = reportGapMs - (clock.monotonicMs() - startedMs);
      if (restMs > 0) await sleep(clock, restMs, over.signal).catch(() => undefined);
    }
  }
  async function failed(thrown: unknown): Promise<void> {
    failures++;
    tools.failed?.();
    http.turnAway();
    // Said once, and again while it lasts, not at every try.
    if (failures === 1 || failures % 20 === 0) log.warn({ err: thrown, failures }, 'no scheduler answers');
    await sleep(clock, retryDelayMs(failures, { ...retry, attemptsMax: 1 }, random), over.signal).catch(
      () => undefined,
    );
  }

  function changed(): void {
    if (!waiting) return;
    isCutShort = true;
    waiting.abort(new Error('there is something new to tell'));
    waiting = null;
  }

  void loop();
  return {
    changed,
    progressed() {
      soon ??= clock.setTimer(Math.max(0, sentMs + progressMs - clock.monotonicMs()), () => {
        soon = null;
        changed();
      });
    },
    told(signal) {
      const from = sequence + 1;
      return new Promise((resolve) => {
        const answered = () => {
          told.delete(waiter);
          resolve();
        };
        const waiter = { from, resolve: answered };
        told.add(waiter);
        signal.addEventListener('abort', waiter.resolve, { once: true });
        changed();
      });
    },
    close() {
      soon?.cancel();
      over.abort(new Error('the agent stops'));
    },
  };
}
