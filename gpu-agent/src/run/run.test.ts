/** What is decided about a program, without one. */
import { describe, expect, it } from 'vitest';
import { groupFiles } from './cgroup.ts';
import { classifyEnd, type End } from './classify-end.ts';
import { hear, nothingSaid, progressOf } from './progress.ts';
import { type Bounds, judge, type Watched } from './watchdog.ts';

describe('progress', () => {
  it.each([
    ['cellbook-progress: 0.42', 0.42],
    ['cellbook-progress: 1.0000 frame 24/24', 1],
    [' 42%|████      | 21/50 [00:03<00:04,  6.9it/s]', 0.42],
    ['rendering: 7.5 %', 0.075],
    ['step 21/50', 0.42],
    ['Frame 3 of 12', 0.25],
    ['21/50 [00:03<00:04]', 0.42],
  ])('is read out of “%s”', (line, progress) => expect(progressOf(line)?.progress).toBeCloseTo(progress));

  it.each([
    '',
    'loading model v1.5/fp16',
    'loss 0.42',
    'step 51/50',
    '142%',
    'cellbook-progress: 7',
    '0/0 [',
  ])('is not read out of “%s”', (line) => expect(progressOf(line)).toBeNull());

  it('never goes back, is read out of lines that come in pieces, and what is told in our form overrules guesses', () => {
    const after = (...texts: string[]) => texts.reduce(hear, nothingSaid).progress;
    expect(after('10%\r50%\r', '20%\r')).toBe(0.5);
    expect(after('cellbook-prog', 'ress: 0.', '3\n')).toBe(0.3);
    expect(after('90%\n', 'cellbook-progress: 0.1\n', '95%\n')).toBe(0.1);
    expect(after('\u001b[32mstep 1/4\u001b[0m\n')).toBe(0.25);
  });

  it('keeps the end of what was said, however much it was', () => {
    const said = Array.from({ length: 100 }, (_, n) => `${n}${'x'.repeat(1_000)}\n`).reduce(
      hear,
      nothingSaid,
    );
    expect(said.tail.length).toBeLessThanOrEqual(16_384);
    expect(said.tail).toContain('99x');
    expect(hear(nothingSaid, 'x'.repeat(1_000_000)).line.length).toBeLessThanOrEqual(1_000);
  });
});

describe('a watchdog', () => {
  const well: Watched = {
    ...{ startedMs: 0, heardMs: 0, progressedMs: 0, progress: null },
    ...{ memoryMib: 0, deviceProblem: '' },
  };
  const bounds: Bounds = { wallMsLeft: 1_000, memoryMibMax: 100, silenceMsMax: 300, noProgressMsMax: 500 };
  const found = (change: Partial<Watched>, nowMs: number, other: Partial<Bounds> = {}) =>
    judge({ ...well, ...change }, { ...bounds, ...other }, nowMs)?.class ?? null;

  it.each([
    ['says nothing for too long', {}, 300, {}, 'hung'],
    ['may say nothing', {}, 999, { silenceMsMax: null }, null],
    ['talks without progress', { heardMs: 499, progress: 0.5 }, 500, {}, 'no_progress'],
    ['tells no progress at all', { heardMs: 499 }, 500, {}, null],
    ['is done and tidies up', { heardMs: 799, progress: 1 }, 800, {}, null],
    ['has used up its time', { heardMs: 999 }, 1_000, {}, 'wall_clock'],
    ['takes too much memory', { memoryMib: 101 }, 1, {}, 'out_of_memory'],
    [
      'loses its device, whatever else is wrong',
      { deviceProblem: 'Xid 79', memoryMib: 101 },
      2_000,
      {},
      'host_fault',
    ],
  ])('judges one that %s', (_, change, nowMs, other, expected) =>
    expect(found(change, nowMs, other)).toBe(expected),
  );
});

describe('an end', () => {
  const done: End = {
    ...{ exitCode: 0, signal: 0, outOfMemory: false, fault: null },
    ...{ stopped: null, resultProblem: '', diskFull: false },
  };
  const hung = { class: 'hung', detail: '' } as const;
  const cases: [string, Partial<End>, string][] = [
    ['done', {}, 'succeeded'],
    ['done while it was asked to stop for another', { stopped: 'preempted' }, 'succeeded'],
    ['done while its lease ended', { stopped: 'lease' }, 'succeeded'],
    ['done after it was cancelled', { stopped: 'cancelled' }, 'cancelled'],
    ['done without a result', { resultProblem: 'it made no output.mp4' }, 'bad_output'],
    ['done without a result on a full disk', { resultProblem: 'none', diskFull: true }, 'host_fault'],
    ['saved, as asked', { exitCode: 75, stopped: 'preempted' }, 'preempted'],
    ['saved when nobody asked', { exitCode: 75 }, 'crashed'],
    ['killed since it did not save', { signal: 9, stopped: 'preempted' }, 'preempted'],
    ['killed since its lease ended', { signal: 9, stopped: 'lease' }, 'lost'],
    ['killed since it was named no more', { signal: 9, stopped: 'superseded' }, 'lost'],
    ['killed by a watchdog', { signal: 9, fault: hung }, 'hung'],
    ['killed by the kernel', { signal: 9, outOfMemory: true }, 'out_of_memory'],
    ['crashed since the kernel killed its child', { exitCode: 1, outOfMemory: true }, 'out_of_memory'],
    ['killed by nobody we know', { signal: 9 }, 'crashed'],
    ['crashed', { exitCode: 1 }, 'crashed'],
    ['crashed on a full disk', { exitCode: 1, diskFull: true }, 'host_fault'],
    ['out of the GPU’s memory', { exitCode: 12 }, 'out_of_memory'],
    ['a refusal', { exitCode: 65 }, 'refused'],
    ['the host’s fault', { exitCode: 71 }, 'host_fault'],
  ];
  it.each(cases)('that is %s', (_, change, expected) => {
    const outcome = classifyEnd({ ...done, ...change });
    expect(outcome.kind === 'failed' ? outcome.class : outcome.kind).toBe(expected);
  });
});

describe('a control group', () => {
  const files = (version: 1 | 2, minors: number[] | null) =>
    groupFiles(version, { memoryMibMax: 512, minors }).map((file) => file.join(' '));

  it('says the same limits in either version’s words', () => {
    expect(files(1, null)).toContain('memory memory.limit_in_bytes 536870912');
    expect(files(2, null)).toContain('memory memory.max 536870912');
    for (const version of [1, 2] as const) expect(files(version, null).join()).toContain('pids.max 1024');
  });

  it('denies all GPUs but its own and those that every program needs, where it can', () => {
    expect(files(1, [3]).filter((line) => line.startsWith('devices'))).toEqual([
      'devices devices.deny c 195:* rwm',
      'devices devices.allow c 195:3 rw',
      'devices devices.allow c 195:254 rw',
      'devices devices.allow c 195:255 rw',
    ]);
    for (const lines of [files(1, null), files(2, [3])]) expect(lines.join()).not.toContain('devices');
  });
});
