/** The agent as a process, the real renderer, and a scheduler over HTTP that says what each story needs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { attemptOf, runOrder } from './testing/orders.ts';
import type { ScriptedScheduler } from './testing/scripted-scheduler.ts';
import { until } from './testing/until.ts';
import { useAgents } from './testing/use-agents.ts';

const tiny = { durationSeconds: 1, width: 64, height: 64, fps: 12, seed: 7, steps: 4, segmentFrames: 3 };
const slow = { ...tiny, frameMs: 150 };
const [a, b] = [attemptOf(1), attemptOf(2)];

vi.setConfig({ testTimeout: 180_000 });

const rig = useAgents();
const { hostWith, start, binaryWith, processesOf, phase, endOf, running } = rig;
let scheduler: ScriptedScheduler;
beforeEach(() => {
  scheduler = rig.scheduler;
});

function framesOf(key: unknown): string {
  const object = scheduler.objects.get(String(key));
  const path = join(rig.hosts[0]?.directory ?? '', 'video.mp4');
  writeFileSync(path, object?.bytes ?? '');
  return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'framemd5', '-']).toString();
}

describe('the agent', () => {
  it('renders a video, brings it to the store in spite of broken connections, and forgets it when told', async () => {
    scheduler.breakUploads = true;
    start();
    scheduler.orders({ run: [runOrder(a, { parameters: tiny })] });
    const { outcome, ranMs } = await endOf(a);
    expect(outcome).toMatchObject({ kind: 'succeeded', resultKey: expect.stringContaining('output.mp4') });
    expect(framesOf(outcome.resultKey).match(/^0,/gm)).toHaveLength(12);
    expect(ranMs).toBeGreaterThan(0);
    expect(scheduler.attempt(a)?.progress).toBe(1);
    scheduler.orders({ run: [], forget: [a] });
    await until('it to be forgotten', () => scheduler.attempt(a) === undefined);
    scheduler.orders({ run: [runOrder(a, { parameters: tiny })], forget: [] });
    const count = scheduler.reports.length;
    await until('another report', () => scheduler.reports.length > count);
    expect(scheduler.attempt(a)).toBeUndefined();
  });

  it('saves when it is preempted, and another host goes on to the very same frames', async () => {
    start();
    scheduler.orders({ run: [runOrder(b, { parameters: tiny, devices: [1] })] });
    const whole = framesOf((await endOf(b)).outcome.resultKey);
    scheduler.orders({ run: [runOrder(a, { parameters: slow })], forget: [b] });
    await running(a, 0.3);
    scheduler.orders({ run: [], stop: [{ attemptId: a, because: 'preempted', save: true, stopMs: 30_000 }] });
    const { outcome, checkpointKey, savedMs, jobId } = await endOf(a);
    expect(outcome).toEqual({ kind: 'preempted' });
    expect(savedMs).toBeGreaterThan(0);
    const other = hostWith();
    for (const { process } of rig.agents) process.kill('SIGKILL');
    start(other);
    const next = attemptOf(3);
    scheduler.orders({
      run: [runOrder(next, { jobId, checkpointKey, savedMs, parameters: slow })],
      stop: [],
    });
    const end = await endOf(next);
    expect(framesOf(end.outcome.resultKey)).toBe(whole);
    expect(end.logTail).toContain('going on from frame');
  });

  it('tells each way a program can go wrong from the others, all at once on eight devices', async () => {
    const faults = [
      { kind: 'hang', expected: 'hung', bounds: { silenceMsMax: 600 } },
      { kind: 'stuck', expected: 'no_progress', bounds: { noProgressMsMax: 600 } },
      { kind: 'crash', expected: 'crashed', bounds: {} },
      { kind: 'oom', expected: 'out_of_memory', bounds: { memoryMibMax: 256 } },
      { kind: 'rubbish', expected: 'bad_output', bounds: {} },
      { kind: 'no fault it knows', expected: 'refused', bounds: {} },
    ];
    const directory = binaryWith(...faults.map(({ bounds }, at) => ({ ...bounds, version: String(at) })));
    start(hostWith({ CELLBOOK_BINARIES: directory, CELLBOOK_DEVICES: 'simulated:H200*8' }));
    const run = faults.map(({ kind }, at) => {
      const parameters = { ...tiny, fault: { kind, atFrame: 1 } };
      return runOrder(attemptOf(at), { version: String(at), devices: [at], parameters });
    });
    scheduler.orders({ run });
    for (const [at, { expected }] of faults.entries()) {
      expect((await endOf(attemptOf(at))).outcome).toMatchObject({ kind: 'failed', class: expected });
      expect(processesOf(attemptOf(at))).toEqual([]);
    }
  });

  it('ends what has run as long as it may, and what says nothing at all runs to its end', async () => {
    start();
    const silent = { ...tiny, fault: { kind: 'silent' } };
    const forEver = { ...slow, frameMs: 60_000 };
    scheduler.orders({
      run: [
        runOrder(a, { parameters: silent }),
        runOrder(b, { parameters: forEver, devices: [1], wallMsLeft: 500 }),
      ],
    });
    expect((await endOf(b)).outcome).toMatchObject({ kind: 'failed', class: 'wall_clock' });
    const { outcome, progress } = await endOf(a);
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    expect(progress).toBeNull();
  });

  it('runs a notebook with parameters as well', async () => {
    start(
      hostWith({ CELLBOOK_BINARIES: fileURLToPath(new URL('../examples/notebook-runner', import.meta.url)) }),
    );
    const cell = {
      cell_type: 'code',
      metadata: {},
      source: 'print(6 * by)',
      execution_count: null,
      outputs: [],
    };
    const notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] };
    scheduler.orders({
      run: [
        runOrder(a, {
          binary: 'notebook',
          kind: 'notebook',
          parameters: { notebook, parameters: { by: 7 } },
        }),
      ],
    });
    const { outcome, logTail } = await endOf(a);
    expect(outcome, `${JSON.stringify(outcome)} ${logTail}`).toMatchObject({ kind: 'succeeded' });
    const made = scheduler.objects.get(String(outcome.resultKey))?.bytes.toString() ?? '{}';
    expect(JSON.parse(made).cells[1].outputs).toEqual([
      { output_type: 'stream', name: 'stdout', text: '42\n' },
    ]);
  });

  it('gives a program its own devices, and nothing of the agent’s', async () => {
    const directory = binaryWith({
      command: ['sh', '-c', 'env > "$CELLBOOK_OUTPUT_DIR/output.mp4"'],
      check: [],
    });
    start(hostWith({ CELLBOOK_BINARIES: directory, A_SECRET: 'of the agent' }));
    scheduler.orders({ run: [runOrder(a, { devices: [1] })] });
    const key = (await endOf(a)).outcome.resultKey;
    const seen = scheduler.objects.get(String(key))?.bytes.toString() ?? '';
    expect(seen).toMatch(/^CUDA_VISIBLE_DEVICES=SIM-test-\S+-1$/m);
    expect(seen).not.toMatch(/A_SECRET|AGENT_KEY|SCHEDULER/);
  });

  it('ends its programs when it is killed, and its successor says that they are lost', async () => {
    const host = hostWith();
    const first = start(host);
    scheduler.orders({ run: [runOrder(a, { parameters: { ...slow, fault: { kind: 'deaf' } } })] });
    await running(a);
    const generation = scheduler.reports.at(-1)?.generation ?? 0;
    first.process.kill('SIGKILL');
    await first.ended;
    await until('its programs to be gone', () => processesOf(a).length === 0);
    start(host);
    expect((await endOf(a)).outcome).toMatchObject({ kind: 'failed', class: 'lost' });
    expect(scheduler.reports.at(-1)?.generation).toBeGreaterThan(generation);
  });

  it('has ended everything before a lease can end that nobody renews, also when it stands still itself', async () => {
    const leaseMs = 3_000;
    const agent = start();
    const parameters = { ...slow, frameMs: 60_000, fault: { kind: 'deaf' } };
    scheduler.orders({ leaseMs, run: [runOrder(a, { parameters })] });
    await until('it to run', () => phase(a) === 'running');
    scheduler.silent = true;
    const lastMs = performance.now();
    await until('it to be ended', () => processesOf(a).length === 0);
    // Whatever was answered was answered before; that it is ended at all is what the agent alone can have done.
    expect(performance.now() - lastMs).toBeLessThan(60_000);
    scheduler.silent = false;
    scheduler.orders({ run: [] });
    expect((await endOf(a)).outcome).toMatchObject({ kind: 'failed', class: 'lost' });

    scheduler.orders({ run: [runOrder(b, { parameters })], forget: [a] });
    await until('the other to run', () => phase(b) === 'running' && processesOf(b).length > 0);
    agent.process.kill('SIGSTOP');
    await until('the guard to end it', () => processesOf(b).length === 0);
    agent.process.kill('SIGCONT');
    expect((await endOf(b)).outcome).toMatchObject({ kind: 'failed' });
  });

  it('holds on while nobody leads, and drops the word of an earlier leader', async () => {
    start();
    scheduler.orders({ epoch: 5, leaseMs: 30_000, run: [runOrder(a, { parameters: slow })] });
    await running(a);
    scheduler.orders({ leaderless: true, epoch: 0, run: [] });
    const first = scheduler.reports.length;
    await until('leaderless answers', () => scheduler.reports.length > first + 1);
    scheduler.orders({ leaderless: false, epoch: 4, run: [runOrder(b, { devices: [1] })] });
    const second = scheduler.reports.length;
    await until('answers of the earlier leader', () => scheduler.reports.length > second + 1);
    expect(scheduler.attempt(b)).toBeUndefined();
    scheduler.orders({ epoch: 5, run: [runOrder(a, { parameters: slow })] });
    expect((await endOf(a)).outcome).toMatchObject({ kind: 'succeeded' });
  });

  it('keeps a result until the store has room again', async () => {
    start();
    scheduler.refuseUploads = 507;
    scheduler.orders({ run: [runOrder(a, { parameters: tiny })] });
    await until('it to wait for the store', () => phase(a) === 'stopping');
    scheduler.refuseUploads = null;
    expect((await endOf(a)).outcome).toMatchObject({ kind: 'succeeded' });
  });

  it('says that a host is at fault whose disk is full', async () => {
    const data = mkdtempSync(join(tmpdir(), 'cellbook-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m,mode=755', 'tmpfs', data]);
    try {
      const directory = binaryWith({
        command: ['sh', '-c', 'cat /dev/zero > "$CELLBOOK_OUTPUT_DIR/output.mp4"'],
      });
      const agent = start(hostWith({ CELLBOOK_DATA_DIR: data, CELLBOOK_BINARIES: directory }));
      scheduler.orders({ run: [runOrder(a)] });
      expect((await endOf(a)).outcome).toMatchObject({ kind: 'failed', class: 'host_fault' });
      agent.process.kill('SIGKILL');
      await agent.ended;
    } finally {
      execFileSync('umount', ['-l', data]);
      rmSync(data, { recursive: true });
    }
  });

  it('drains: what runs is saved, told and over before it goes', async () => {
    const agent = start();
    scheduler.orders({ run: [runOrder(a, { parameters: slow })] });
    await running(a, 0.3);
    agent.process.kill('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    const last = scheduler.reports.at(-1);
    expect(last?.draining).toBe(true);
    expect(last?.attempts[0]).toMatchObject({ state: { phase: 'ended', outcome: { kind: 'preempted' } } });
    expect(scheduler.objects.get(last?.attempts[0]?.checkpointKey ?? '')?.complete).toBe(true);
    expect(processesOf(a)).toEqual([]);
  });
});
