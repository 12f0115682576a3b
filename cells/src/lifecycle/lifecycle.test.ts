import { CellbookError } from '@cellbook/shared/errors.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { makeHost, outcomeOf } from './testing/memory-host.ts';

const never = new AbortController().signal;

describe('ensureRunning', () => {
  it('starts one sandbox for twenty tabs, and announces it before it hands it out', async () => {
    const { lifecycle, create, pass, starts, heard } = await makeHost();
    const id = await create();
    const tabs = Array.from({ length: 20 }, () => outcomeOf(lifecycle.ensureRunning(id, never)));
    await pass(10_000);
    expect(new Set(tabs.map((tab) => tab.value?.id)).size).toBe(1);
    expect(tabs[0]?.value).toBe(lifecycle.current(id));
    expect(starts()).toBe(1);
    expect(heard).toEqual(['running']);
  });

  it('lets one caller go by his signal without ending the resume for the others', async () => {
    const { lifecycle, create, pass } = await makeHost();
    const id = await create();
    const leaving = new AbortController();
    const gone = outcomeOf(lifecycle.ensureRunning(id, leaving.signal));
    const stays = outcomeOf(lifecycle.ensureRunning(id, never));
    leaving.abort(new CellbookError('shutting_down', { doing: 'x', problem: 'left' }));
    await pass(10_000);
    expect(gone.code).toBe('shutting_down');
    expect(stays.value).toBeDefined();
  });

  it('says typed that there is no such workspace, or that it is deleted', async () => {
    const { lifecycle, store, clock, create, pass } = await makeHost();
    const id = await create();
    const unknown = outcomeOf(lifecycle.ensureRunning(newWorkspaceId(seededRandom(99)), never));
    await store.request(id, {
      desired: 'deleted',
      from: ['suspended'],
      undoUntilMs: clock.nowMs() + 1e6,
      nowMs: 0,
    });
    const deleted = outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(1_000);
    expect([unknown.code, deleted.code]).toEqual(['not_found', 'gone']);
  });

  it('says at once that the cell is full, with a time to come back, and never starts beyond its places', async () => {
    const { lifecycle, create, pass, driver } = await makeHost({ capacity: 2 });
    const ids = [await create(), await create(), await create()];
    const asked = ids.map((id) => outcomeOf(lifecycle.ensureRunning(id, never)));
    await pass(10_000);
    const refused = asked.filter(({ code }) => code !== undefined);
    expect(refused).toMatchObject([{ code: 'capacity_exhausted' }]);
    expect(refused[0]?.retryAfterMs).toBeGreaterThan(0);
    expect(driver.existing.size).toBe(2);
  });

  it('holds a request over one failed attempt, and answers 503 when attempts go on failing', async () => {
    const { lifecycle, create, pass, setFailureRate, settledRow } = await makeHost();
    const id = await create();
    setFailureRate(1);
    const patient = outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(2_000);
    expect(patient).toEqual({});
    setFailureRate(0);
    await pass(15_000);
    expect(patient.value).toBeDefined();

    const other = await create();
    setFailureRate(1);
    const refused = outcomeOf(lifecycle.ensureRunning(other, never));
    await pass(limits.lifecycle.holdRequestMsMax);
    expect(refused.code).toMatch(/^(resume_timeout|sandbox_unavailable|store_unavailable)$/);
    const row = await settledRow(other);
    expect(row.attempts).toBeGreaterThan(2);
    expect(row.problem).toBeTruthy();
    setFailureRate(0);
    await pass(120_000);
    expect((await settledRow(other)).phase).toBe('running');
  });
});

describe('the idle policy at work', () => {
  it('suspends an idle workspace on time, whatever tabs poll', async () => {
    const { lifecycle, create, pass, settledRow, heard } = await makeHost();
    const id = await create(600);
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    for (let polled = 0; polled < 60; polled++) {
      await pass(10_000);
      await lifecycle.find(id);
      lifecycle.current(id);
    }
    await pass(10_000);
    expect(await settledRow(id)).toMatchObject({ phase: 'suspended', desired: 'suspended' });
    expect(heard).toEqual(['running', 'suspending', 'stopped']);
  });

  it('leaves a silent three-hour cell alone, and counts idleness from its end', async () => {
    const { lifecycle, create, pass, settledRow, setBusy } = await makeHost();
    const id = await create(600);
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    setBusy(true);
    await pass(3 * 3_600_000);
    expect((await settledRow(id)).phase).toBe('running');
    setBusy(false);
    await pass(590_000);
    expect((await settledRow(id)).phase).toBe('running');
    await pass(30_000);
    expect((await settledRow(id)).phase).toBe('suspended');
  });

  it('counts a message to a kernel as use', async () => {
    const { lifecycle, create, pass, settledRow } = await makeHost();
    const id = await create(600);
    outcomeOf(lifecycle.ensureRunning(id, never));
    for (let minute = 0; minute < 30; minute++) {
      await pass(60_000);
      lifecycle.touch(id);
    }
    expect((await settledRow(id)).phase).toBe('running');
  });

  it('tells open tabs once before, and again after a use that came in time', async () => {
    const { lifecycle, create, pass, settledRow, warned } = await makeHost();
    const id = await create(1_200);
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(890_000);
    expect(warned).toEqual([]);
    await pass(60_000);
    expect(warned).toEqual([expect.closeTo(300, -1)]);
    lifecycle.touch(id);
    expect(warned.slice(1)).toEqual([null]);
    await pass(890_000);
    expect((await settledRow(id)).phase).toBe('running');
    expect(warned).toHaveLength(2);
    await pass(330_000);
    expect((await settledRow(id)).phase).toBe('suspended');
    expect(warned.slice(2)).toEqual([expect.closeTo(300, -1), null]);
  });

  it('warns nobody while a kernel is busy, and takes the warning back when one gets busy', async () => {
    const { lifecycle, create, pass, settledRow, setBusy, warned } = await makeHost();
    const id = await create(1_200);
    outcomeOf(lifecycle.ensureRunning(id, never));
    setBusy(true);
    await pass(3_600_000);
    expect(warned).toEqual([]);
    setBusy(false);
    await pass(1_000_000);
    expect(warned).toHaveLength(1);
    setBusy(true);
    await pass(20_000);
    expect(warned.slice(1)).toEqual([null]);
    await pass(600_000);
    expect((await settledRow(id)).phase).toBe('running');
    expect(warned).toHaveLength(2);
  });

  it('holds within what the organisation allows now, whatever was chosen before', async () => {
    const { lifecycle, create, pass, settledRow } = await makeHost({ idleSecondsMax: 600 });
    const [long, always, short] = [await create(86_400), await create(null), await create(300)];
    for (const id of [long, always, short]) outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(400_000);
    const phases = async () =>
      Promise.all([long, always, short].map(async (id) => (await settledRow(id)).phase));
    expect(await phases()).toEqual(['running', 'running', 'suspended']);
    await pass(300_000);
    expect(await phases()).toEqual(['suspended', 'suspended', 'suspended']);
  });

  it('holds for one that runs as soon as another is chosen', async () => {
    const { lifecycle, store, create, pass, settledRow } = await makeHost();
    const id = await create(null);
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(400_000);
    expect((await settledRow(id)).phase).toBe('running');
    await store.edit(id, { idle: { own: 300 } });
    lifecycle.wake(id);
    await pass(10_000);
    expect((await settledRow(id)).phase).toBe('suspended');
  });

  it('survives its controller: the next one warns too, and suspends when it is time', async () => {
    const { lifecycle, startAnother, create, pass, settledRow, warned } = await makeHost();
    const id = await create(1_200);
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(1_000_000);
    expect(warned).toHaveLength(1);
    await lifecycle.stop();
    await startAnother();
    await pass(100_000);
    expect(warned.length).toBeGreaterThan(1);
    await pass(200_000);
    expect((await settledRow(id)).phase).toBe('suspended');
  });
});

describe('how it came back', () => {
  it('is in the row, in its record and told to whoever listens: rung, misses, steps and time', async () => {
    const { lifecycle, transitions, create, pass, settledRow, resumed } = await makeHost();
    const id = await create();
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    const { lastRung, lastResume } = await settledRow(id);
    expect(lastRung).toBe('cold');
    const missed = [
      { rung: 'memory', cause: 'first_start', why: 'it has not run before' },
      { rung: 'files', cause: 'unsupported', why: 'its host keeps no sandboxes ready' },
    ];
    expect(lastResume).toMatchObject({ rung: 'cold', missed });
    const steps = lastResume?.steps ?? [];
    const names = ['attach_files', 'start_sandbox', 'inject_secrets', 'announce_running'];
    expect(steps.map(({ step }) => step)).toEqual(names);
    const sum = steps.reduce((total, { durationMs }) => total + durationMs, 0);
    expect(lastResume?.durationMs).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual((lastResume?.durationMs ?? 0) + steps.length);
    expect(resumed).toEqual([lastResume]);
    const record = await transitions.list(id, null, 100);
    const started = record.filter((entry) => entry.kind === 'phase' && entry.event === 'sandbox_started');
    expect(started).toMatchObject([{ resume: lastResume }]);
  });
});

describe('what goes wrong', () => {
  it('says that it was memory, keeps the files, and comes back at the next need only', async () => {
    const { lifecycle, create, pass, settledRow, driver, volumes, starts } = await makeHost();
    const id = await create();
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    const volume = volumes.volumes.get(id);
    if (volume?.live != null) volume.live = 7;
    const sandboxId = [...driver.existing.keys()][0];
    if (sandboxId) driver.remove(sandboxId, { reason: 'out_of_memory', memoryBytesMax: 2 ** 31 });
    await pass(60_000);
    const row = await settledRow(id);
    expect(row).toMatchObject({
      phase: 'suspended',
      desired: 'running',
      dormant: true,
      problemCode: 'out_of_memory',
    });
    expect(row.problem).toContain('2048 MiB');
    expect(volume).toMatchObject({ live: null, stored: 7 });
    expect(starts()).toBe(1);
    const again = outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    expect(again.value).toBeDefined();
  });

  it('resumes at once what is lost while somebody needs it, instead of letting it rest', async () => {
    const { lifecycle, create, pass, driver, starts } = await makeHost();
    const id = await create();
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    const sandboxId = [...driver.existing.keys()][0];
    if (sandboxId) driver.remove(sandboxId, { reason: 'crashed', exitCode: 1, signal: null, stderrTail: '' });
    await Promise.resolve();
    const needed = outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(15_000);
    expect(needed.value).toBe(lifecycle.current(id));
    expect(starts()).toBe(2);
  });

  it('keeps what runs through an outage of the store longer than a lease, under the same epoch', async () => {
    const outage = { isOn: false };
    const { lifecycle, create, pass, settledRow, starts, heard } = await makeHost({ outage });
    const id = await create();
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    const before = await settledRow(id);
    outage.isOn = true;
    await pass(5 * limits.lifecycle.lease.ttlMs);
    expect(lifecycle.current(id)).not.toBeNull();
    outage.isOn = false;
    await pass(60_000);
    const after = await settledRow(id);
    expect(after).toMatchObject({ phase: 'running', epoch: before.epoch, leaseHolder: before.leaseHolder });
    expect(after.leaseExpiresAtMs).toBeGreaterThan(before.leaseExpiresAtMs ?? 0);
    expect([starts(), heard]).toEqual([1, ['running']]);
  });

  it('records the intent of every step before it, its outcome after it, and each change of phase', async () => {
    const { lifecycle, create, pass, transitions } = await makeHost();
    const id = await create();
    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    const record = (await transitions.list(id, null, 100)).reverse();
    expect(
      record.map((entry) => `${entry.kind} ${entry.kind === 'phase' ? entry.event : entry.step}`),
    ).toEqual([
      'phase resume_begun',
      'intent attach_files',
      'outcome attach_files',
      'intent start_sandbox',
      'outcome start_sandbox',
      'intent inject_secrets',
      'outcome inject_secrets',
      'intent announce_running',
      'outcome announce_running',
      'phase sandbox_started',
    ]);
  });

  it('drains: what runs is put away, comes back only when needed, and its leases are free', async () => {
    const { lifecycle, create, pass, settledRow, driver } = await makeHost();
    const ids = [await create(), await create()];
    for (const id of ids) outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    const drained = outcomeOf(lifecycle.drain().then(() => 'done'));
    const late = outcomeOf(lifecycle.ensureRunning(await create(), never));
    await pass(20_000);
    expect(drained.value).toBe('done');
    expect(late.code).toBe('shutting_down');
    expect(driver.existing.size).toBe(0);
    for (const id of ids) {
      expect(await settledRow(id)).toMatchObject({
        ...{ phase: 'suspended', desired: 'running', dormant: true, leaseHolder: null, hostId: null },
      });
    }
  });
});
