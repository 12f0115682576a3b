/** What befalls a GPU host, caused: a GPU that is lost, a driver that does not answer, a full disk, a clock that jumps. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { startAgent } from './agent.ts';
import { readAgentConfig } from './config.ts';
import { nvidiaDevices } from './devices/nvidia-smi.ts';
import { type WatchedDevices, watchDevices } from './devices/watch-devices.ts';
import { nextGeneration } from './report/generation.ts';
import { h200Pair, scriptedSmi } from './testing/nvidia-smi.ts';
import { attemptOf, runOrder } from './testing/orders.ts';
import { scriptedScheduler } from './testing/scripted-scheduler.ts';
import { testHost } from './testing/test-agent.ts';
import { type TestAttempts, testAttempts } from './testing/test-attempts.ts';
import { until } from './testing/until.ts';

const [a, b, c] = [attemptOf(1), attemptOf(2), attemptOf(3)];
const untilMs = Number.POSITIVE_INFINITY;
const forEver = ['sh', '-c', 'echo cellbook-progress: 0.5; exec sleep 600'];
const write = ['sh', '-c', 'echo made > "$CELLBOOK_OUTPUT_DIR/result"'];

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
function hostWith(...given: Parameters<typeof testAttempts>): TestAttempts {
  const host = testAttempts(...given);
  undo.push(() => host.close());
  return host;
}
const runs = (host: TestAttempts, id: typeof a) =>
  until(`${id} to run`, () =>
    host.attempts.reports().some(({ attemptId, progress }) => attemptId === id && progress === 0.5),
  );

describe('a GPU that is lost while programs run', () => {
  const lost = 'NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.\n';

  async function hostWithGpus() {
    const smi = scriptedSmi();
    undo.push(() => rmSync(smi.directory, { recursive: true }));
    smi.says(h200Pair);
    let kernel = '';
    const source = nvidiaDevices({
      ...{ command: smi.command, timeoutMs: 5_000 },
      kernelLog: { read: () => kernel, close: () => undefined },
    });
    const watched: WatchedDevices = await watchDevices(source, {
      ...{ clock: systemClock, log: silentLogger, changed: () => undefined, everyMs: 100 },
    });
    undo.push(() => watched.close());
    const problem = (devices: readonly { index: number; problem: string }[], indexes: readonly number[]) =>
      devices.find(({ index }) => indexes.includes(index))?.problem ?? 'there is none';
    const host = hostWith([forEver], () => ({
      devices: {
        visible: (indexes) => source.visible(indexes),
        problemOf: (indexes) => problem(watched.now(), indexes),
        faultOf: (indexes) => problem(watched.lastTold(), indexes),
      },
    }));
    host.attempts.start(runOrder(a), untilMs);
    host.attempts.start(runOrder(b, { devices: [1] }), untilMs);
    await runs(host, a);
    await runs(host, b);
    return {
      ...{ smi, host, watched },
      logs(text: string) {
        kernel = text;
      },
    };
  }
  const phaseOf = (host: TestAttempts, id: typeof a) =>
    host.attempts.reports().find(({ attemptId }) => attemptId === id)?.state.phase;

  it('ends what is on it as the host’s fault and nothing else, and nothing begins there', async () => {
    const { smi, host, watched, logs } = await hostWithGpus();
    logs(lost);
    expect(await host.outcomeOf(b)).toMatchObject({
      class: 'host_fault',
      detail: expect.stringContaining('Xid 79'),
    });
    smi.says(h200Pair.split('\n').slice(0, 1).join('\n'));
    await until('it to be missed', () => watched.now()[1]?.problem.includes('not there'));
    host.attempts.start(runOrder(c, { devices: [1] }), untilMs);
    expect(await host.outcomeOf(c)).toMatchObject({ class: 'host_fault' });
    expect(phaseOf(host, a)).toBe('running');
  });

  it('and whose driver no longer answers gets nothing new, and what runs elsewhere runs on', async () => {
    const { smi, host, watched } = await hostWithGpus();
    smi.fails("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", 9);
    await until('all to count as ill', () => watched.now().every(({ healthy }) => !healthy));
    host.attempts.start(runOrder(c, { devices: [7] }), untilMs);
    expect(await host.outcomeOf(c)).toMatchObject({ class: 'host_fault' });
    expect([phaseOf(host, a), phaseOf(host, b)]).toEqual(['running', 'running']);
  });
});

describe('a full disk', () => {
  /** Full to the last byte, until what is given back is removed. */
  function fullDisk(directory: string): string {
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', directory]);
    undo.push(() => execFileSync('umount', ['-l', directory]));
    const ballast = join(directory, 'ballast');
    expect(() => execFileSync('sh', ['-c', `exec cat /dev/zero 2>/dev/null > '${ballast}'`])).toThrow();
    return ballast;
  }

  it('makes each attempt the host’s fault, and ends with itself', async () => {
    const host = hostWith([write]);
    const ballast = fullDisk(join(host.data, 'attempts'));
    host.attempts.start(runOrder(a), untilMs);
    expect(await host.outcomeOf(a)).toMatchObject({ class: 'host_fault' });
    rmSync(ballast);
    host.attempts.start(runOrder(b), untilMs);
    expect(await host.outcomeOf(b)).toMatchObject({ kind: 'succeeded' });
    host.attempts.forget(a);
    host.attempts.forget(b);
  });

  it('keeps no agent from starting, as a later one than before', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cellbook-full-'));
    undo.push(() => rmSync(directory, { recursive: true }));
    const before = nextGeneration(directory, 1_000_000);
    const ballast = fullDisk(join(directory, 'disk'));
    const there = join(directory, 'disk');
    expect(nextGeneration(there, 2_000_000)).toBeGreaterThan(before);
    rmSync(ballast);
    expect(nextGeneration(there, 3_000_000)).toBe(3_000);
  });
});

describe('a clock that jumps', () => {
  it('changes nothing that runs, and makes no agent an earlier one', async () => {
    const scheduler = await scriptedScheduler();
    undo.push(() => scheduler.close());
    const { environment, remove } = testHost(scheduler.url);
    undo.push(remove);
    const dayMs = 86_400_000;
    let jumpMs = 0;
    const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + jumpMs };
    const start = async () => {
      const agent = await startAgent(readAgentConfig(environment), {
        ...{ clock, random: systemRandom, log: silentLogger, metrics: createMetrics() },
      });
      undo.push(() => agent.close());
      return agent;
    };
    const first = await start();
    const parameters = {
      ...{ durationSeconds: 1, width: 64, height: 64, fps: 12, seed: 7 },
      steps: 4,
      frameMs: 60,
    };
    scheduler.orders({ leaseMs: 8_000, run: [runOrder(a, { parameters })] });
    for (const [days, progress] of [
      [400, 0.2],
      [-400, 0.5],
    ] as const) {
      await until('it to be further', () => (scheduler.attempt(a)?.progress ?? 0) >= progress);
      jumpMs = days * dayMs;
    }
    const end = await until('its end', () => {
      const report = scheduler.attempt(a);
      return report?.state.phase === 'ended' && report;
    });
    expect(end).toMatchObject({ state: { outcome: { kind: 'succeeded' } } });
    expect(end.ranMs).toBeLessThan(dayMs);
    const { generation } = scheduler.reports.at(-1) ?? { generation: 0 };
    await first.close();
    await start();
    await until('its successor to report', () => (scheduler.reports.at(-1)?.generation ?? 0) > generation);
  });
});
