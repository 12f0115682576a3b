/**
 * A program that is kept running. It is started once, and a failure of that start is the caller's to hear;
 * from then on an end that nobody asked for is told with the end of its log, and it is started again in the
 * same place (ports, files, environment), with pauses that grow, until that has failed too often:
 *
 *     starting ──▶ running ──ended──▶ pausing ──▶ starting again ──▶ running
 *                                        ▲              │failed
 *                                        └──────────────┴──too often──▶ given up
 *
 * Other programs are not touched: they know its address, which stays, and wait for it on their own.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { explain } from '../explain.ts';
import type { Child, ChildExit } from './child.ts';
import { lastLines } from './log-tail.ts';
import { planRestart } from './restart-plan.ts';
import { untilSilent } from './silence.ts';

export interface ProgramSpec<Running extends { child: Child }> {
  /** Starts it and waits until it answers; throws when it does not, leaving nothing of it. */
  start(signal: AbortSignal | undefined): Promise<Running>;
  /** For a program that may live on while it serves no more (silence.ts); it is then ended like one that died. */
  answers?: (() => Promise<boolean>) | undefined;
  /** After so many probes in a row without an answer it is ended and started again; absent: silence.ts's usual. */
  failuresMax?: number | undefined;
}

export interface Program {
  readonly name: string;
  readonly stopOrder: number;
  /** Settles when it has ended too often and is not started any more; never rejects. */
  readonly gaveUp: Promise<string>;
  /** Stops it and starts it no more. Idempotent. */
  stop(): Promise<void>;
}

export interface ProgramDeps {
  clock: Clock;
  /** Tells the person at the terminal. */
  line(text: string): void;
  /** Of the first start only: what ends the wait for it. */
  signal?: AbortSignal | undefined;
}

/** A controller whose event loop stands still hears no SIGTERM; meanwhile it holds its cell's lock, and nobody is served. */
export const hungStopMs = 5_000;
const logLinesShown = 5;
const logColumnsShown = 160;

export async function startProgram<Running extends { child: Child }>(
  spec: ProgramSpec<Running>,
  deps: ProgramDeps,
): Promise<{ program: Program; running: Running }> {
  const { clock, line } = deps;
  const running = await spec.start(deps.signal);
  const { name, stopOrder } = running.child;
  const asked = new AbortController();
  const endsMs: number[] = [];
  let child = running.child;

  /** The next child, or null when it was asked to stop or failed too often. */
  async function startAgain(): Promise<Child | null> {
    for (;;) {
      endsMs.push(clock.monotonicMs());
      const plan = planRestart(endsMs, clock.monotonicMs());
      if (plan.kind === 'give_up') return null;
      try {
        asked.signal.throwIfAborted();
        if (plan.afterMs > 0) await sleep(clock, plan.afterMs, asked.signal);
        const startedMs = clock.monotonicMs();
        const next = (await spec.start(asked.signal)).child;
        line(`✓ ${name} is back (${((clock.monotonicMs() - startedMs) / 1000).toFixed(1)} s)`);
        return next;
      } catch (thrown) {
        if (asked.signal.aborted) return null;
        line(`✗ ${name} could not be started again: ${explain(thrown)}`);
      }
    }
  }

  /** How it ended, or null when it lives and serves no more. */
  async function endOf(current: Child): Promise<ChildExit | null> {
    if (!spec.answers) return current.exited;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, asked.signal]);
    const silent = untilSilent({ clock, answers: spec.answers, failuresMax: spec.failuresMax, signal }).then(
      () => null,
      () => current.exited,
    );
    return Promise.race([current.exited, silent]).finally(() => over.abort());
  }

  async function keepRunning(): Promise<'stopped' | 'gave_up'> {
    for (;;) {
      const end = await endOf(child);
      if (asked.signal.aborted) return 'stopped';
      line(describeEnd(child, end));
      // What is left of its group would hold its port. One that hangs has nothing left to put away in good order.
      await child.stop(end === null ? hungStopMs : undefined);
      const next = await startAgain();
      if (next) child = next;
      if (asked.signal.aborted) await child.stop();
      if (asked.signal.aborted) return 'stopped';
      if (!next) return 'gave_up';
    }
  }

  const over = keepRunning().catch((thrown: unknown): 'gave_up' => {
    line(`✗ ${name} could not be cleared away: ${explain(thrown)}`);
    return 'gave_up';
  });
  const gaveUp = new Promise<string>((resolve) => {
    void over.then((how) => {
      if (how === 'gave_up')
        resolve(`${name} ended too often and is not started again; see ${child.logPath}`);
    });
  });
  const program: Program = {
    name,
    stopOrder,
    gaveUp,
    async stop() {
      asked.abort(new Error(`${name} was asked to stop`));
      await child.stop();
      await over;
    },
  };
  return { program, running };
}

function describeEnd(child: Child, end: ChildExit | null): string {
  const how = end ? `ended (${end.signal ?? `code ${end.code}`})` : 'does not answer any more';
  return [
    `✗ ${child.name} ${how} and is started again; the end of ${child.logPath}:`,
    ...lastLines(child.logPath, logLinesShown)
      .split('\n')
      .map((line) => `    ${line.slice(0, logColumnsShown)}`),
  ].join('\n');
}
