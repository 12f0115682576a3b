/** The agent's side of its guard (main.ts): started with the first program, so that an idle host keeps no second process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Marks } from '../run/processes.ts';
import type { GuardLine } from './guard-line.ts';

export interface Guard {
  /** It may run until then, milliseconds of the agent's monotonic clock. Told again whenever that changes. */
  watch(attemptId: string, marks: Marks, untilMs: number): void;
  over(attemptId: string): void;
  /** Ends it; what is still watched is killed. */
  close(): void;
}

const program = fileURLToPath(new URL('./main.ts', import.meta.url));

export function createGuard(clock: Clock, log: Logger): Guard {
  const current = new Map<string, { marks: Marks; untilMs: number }>();
  let child: ChildProcess | null = null;
  let closed = false;

  const lineOf = (attemptId: string, marks: Marks, untilMs: number): GuardLine => {
    // The kernel's clock first: a pause between the two readings makes the moment come sooner, never later.
    const nowNs = process.hrtime.bigint();
    const leftMs = Math.max(0, untilMs - clock.monotonicMs());
    const watch = { ...marks, processLists: [...marks.processLists] };
    return { watch: { attemptId, marks: watch, untilNs: String(nowNs + BigInt(Math.floor(leftMs * 1e6))) } };
  };
  const say = (line: GuardLine) => child?.stdin?.write(`${JSON.stringify(line)}\n`);

  function start(): void {
    const started = spawn(process.execPath, ['--max-semi-space-size=1', program], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child = started;
    started.stdin?.on('error', () => undefined);
    started.once('exit', (code, signal) => {
      if (child === started) child = null;
      if (closed || current.size === 0) return;
      log.error({ code, signal }, 'the guard ended and is started again');
      restart();
    });
  }
  function restart(): void {
    start();
    for (const [attemptId, { marks, untilMs }] of current) say(lineOf(attemptId, marks, untilMs));
  }
  return {
    watch(attemptId, marks, untilMs) {
      current.set(attemptId, { marks, untilMs });
      if (child) say(lineOf(attemptId, marks, untilMs));
      else restart();
    },
    over(attemptId) {
      if (current.delete(attemptId)) say({ over: attemptId });
    },
    close() {
      closed = true;
      child?.stdin?.end();
    },
  };
}
