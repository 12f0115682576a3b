import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Child, type SpawnContext, startChild } from './child.ts';
import { lastLines } from './log-tail.ts';
import { isGroupAlive } from './proc.ts';
import { hungStopMs, type Program, startProgram } from './program.ts';
import { restarts } from './restart-plan.ts';
import { failuresInRow, probeEveryMs } from './silence.ts';

let context: SpawnContext;
let program: Program | null;
let started: Child[];
let said: string[];

beforeEach(() => {
  const homeDirectory = mkdtempSync(join(tmpdir(), 'cellbook-program-'));
  const [logDirectory, runDirectory] = [join(homeDirectory, 'logs'), join(homeDirectory, 'run')];
  context = { clock: systemClock, homeDirectory, logDirectory, runDirectory };
  mkdirSync(runDirectory);
  [program, started, said] = [null, [], []];
});
afterEach(async () => {
  await program?.stop();
  rmSync(context.homeDirectory, { recursive: true, force: true });
});

interface Kept {
  clock?: ManualClock;
  stopDeadlineMs?: number;
  answers?: () => Promise<boolean>;
  failuresMax?: number;
}

/** A program that runs `script`, kept running; its clock moves only when told. */
async function keep(script: () => string, given: Kept = {}): Promise<ManualClock> {
  const { clock = new ManualClock(), stopDeadlineMs = 2_000, answers, failuresMax } = given;
  const start = async () => {
    const child = await startChild(context, {
      ...{ name: 'sample', stopOrder: 0, command: 'bash', args: ['-c', script()] },
      ...{ stopSignal: 'SIGTERM' as const, stopDeadlineMs },
    });
    started.push(child);
    return { child };
  };
  const kept = await startProgram(
    { start, answers, failuresMax },
    { clock, line: (text) => said.push(text) },
  );
  program = kept.program;
  return clock;
}

const last = (): Child => {
  const child = started.at(-1);
  if (!child) throw new Error('nothing was started');
  return child;
};
const startedTimes = (count: number) => expect.poll(() => started).toHaveLength(count);

describe('a program that is kept running', () => {
  it('is started again at once when it is killed, with what is left of its group gone, and that is told', async () => {
    await keep(() => 'echo last words; sleep 1000 & sleep 1000');
    await expect.poll(() => lastLines(last().logPath, 1)).toBe('last words');
    process.kill(last().pid, 'SIGKILL');
    await startedTimes(2);
    expect(isGroupAlive(started[0]?.pid as number)).toBe(false);
    expect(isGroupAlive(last().pid)).toBe(true);
    await expect.poll(() => said.at(-1)).toContain('sample is back');
    expect(said[0]).toContain('sample ended (SIGKILL)');
    expect(said[0]).toContain('    last words');
  });

  it('waits longer each time it ends, and is given up aloud when it has ended too often', async () => {
    const clock = await keep(() => 'exit 3');
    let gaveUp: string | null = null;
    void program?.gaveUp.then((why) => {
      gaveUp = why;
    });
    await vi.waitFor(
      async () => {
        await clock.advance(restarts.pauseMsMax);
        expect(gaveUp).toContain('sample ended too often');
      },
      { timeout: 20_000, interval: 20 },
    );
    expect(started).toHaveLength(restarts.endsMax);
    expect(said[0]).toContain('sample ended (code 3)');
  });

  it('stays stopped when it was asked to stop', async () => {
    await keep(() => 'exec sleep 1000');
    await program?.stop();
    expect(started).toHaveLength(1);
    expect(isGroupAlive(last().pid)).toBe(false);
    expect(said).toEqual([]);
  });

  it('can be stopped while it waits to be started again', async () => {
    await keep(() => (started.length < 1 ? 'exec sleep 1000' : 'exit 1'));
    process.kill(last().pid, 'SIGKILL');
    // The clock stands still: after the second end it waits.
    await startedTimes(2);
    await expect.poll(() => said.filter((text) => text.includes('ended'))).toHaveLength(2);
    await program?.stop();
    expect(started).toHaveLength(2);
  });

  it('is ended and started again when it lives and does not answer several times in a row', async () => {
    let silent = false;
    const clock = await keep(() => 'exec sleep 1000', { answers: async () => !silent || started.length > 1 });
    await clock.advance(60_000);
    expect(started).toHaveLength(1);
    silent = true;
    await vi.waitFor(
      async () => {
        await clock.advance(2_000);
        expect(started).toHaveLength(2);
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(said[0]).toContain('sample does not answer any more');
    expect(isGroupAlive(started[0]?.pid as number)).toBe(false);
  });

  it('is given as much time to answer as is asked for', async () => {
    const clock = await keep(() => 'exec sleep 1000', { answers: async () => false, failuresMax: 20 });
    await clock.advance(19 * probeEveryMs);
    expect(said).toEqual([]);
    await clock.advance(probeEveryMs);
    await expect.poll(() => said[0]).toContain('does not answer any more');
  });

  it('is killed in seconds when it hangs and hears no request to stop, however long it may take to stop', async () => {
    const clock = new ManualClock();
    context = { ...context, clock };
    // As a process whose event loop stands still: SIGTERM waits until it goes on, which it never does.
    await keep(() => (started.length === 0 ? 'kill -STOP $$' : 'exec sleep 1000'), {
      ...{ clock, stopDeadlineMs: 600_000 },
      answers: async () => started.length > 1,
    });
    await vi.waitFor(
      async () => {
        await clock.advance(20);
        expect(started).toHaveLength(2);
      },
      { timeout: 20_000, interval: 1 },
    );
    expect(clock.monotonicMs()).toBeLessThan(failuresInRow * probeEveryMs + hungStopMs + 2_000);
    expect(isGroupAlive(started[0]?.pid as number)).toBe(false);
    let isStopped = false;
    void program?.stop().then(() => {
      isStopped = true;
    });
    await vi.waitFor(
      async () => {
        await clock.advance(20);
        expect(isStopped).toBe(true);
      },
      { timeout: 20_000, interval: 1 },
    );
  });
});
