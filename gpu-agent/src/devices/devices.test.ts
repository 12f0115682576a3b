import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { h200Cut, h200Pair, type ScriptedSmi, scriptedSmi } from '../testing/nvidia-smi.ts';
import { deviceSourceConformance } from './device-source.conformance.ts';
import { parseKernelErrors } from './kernel-errors.ts';
import { nvidiaDevices } from './nvidia-smi.ts';
import { devicesOf, parseGpus, parseSlices, skuOf } from './parse-nvidia-smi.ts';
import { simulatedDevices } from './simulated.ts';
import { watchDevices } from './watch-devices.ts';

const made: string[] = [];
const smi = (): ScriptedSmi => {
  const scripted = scriptedSmi();
  made.push(scripted.directory);
  return scripted;
};
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
});
const signal = AbortSignal.timeout(120_000);

describe('simulated devices', () => {
  deviceSourceConformance(() => {
    const directory = mkdtempSync(join(tmpdir(), 'cellbook-devices-'));
    made.push(directory);
    const ill = join(directory, 'ill.json');
    return {
      source: simulatedDevices('H200*8', 'gpu-eu-a', ill),
      spoil: (index) => writeFileSync(ill, JSON.stringify({ [index]: 'Xid 79: it has fallen off the bus' })),
    };
  });

  it.each(['H200', 'H200*0', 'H200*65', 'X1*4', 'H200*2*x', 'H200*2*9*9'])(
    'refuses %s in words that help',
    (text) =>
      expect(() => simulatedDevices(text, 'a', '/none')).toThrow(
        expect.objectContaining({ code: 'bad_request' }),
      ),
  );
});

describe('devices of nvidia-smi', () => {
  deviceSourceConformance(() => {
    const scripted = smi();
    scripted.says(h200Pair);
    return {
      source: nvidiaDevices({ command: scripted.command }),
      spoil: () => scripted.says(h200Pair.replace('3B:00.0, Disabled, 0', '3B:00.0, Disabled, 2')),
    };
  });

  it('are held to their own character devices, unless they are slices', async () => {
    const scripted = smi();
    scripted.says(h200Pair);
    const source = nvidiaDevices({ command: scripted.command });
    await source.read(signal);
    expect(source.visible([1]).minors).toEqual([1]);
  });

  it('are an H200 and the slices of another, each with the memory it has and none with a character device of its own', async () => {
    const scripted = smi();
    scripted.says(h200Cut.csv, h200Cut.list, h200Cut.xml);
    const source = nvidiaDevices({ command: scripted.command });
    const devices = await source.read(signal);
    expect(devices.map(({ index, sku, memoryMib, healthy }) => [index, sku, memoryMib, healthy])).toEqual([
      [0, 'H200', 143_771, true],
      [1, 'H200-3g.71gb', 71_424, true],
      [2, 'H200-1g.18gb+me', 16_384, true],
      // The tool does not tell of the last: less than its name says.
      [3, 'H200-1g.18gb', 16_128, true],
    ]);
    expect(source.visible([0]).minors).toEqual([0]);
    expect(source.visible([0, 2])).toMatchObject({
      ...{
        minors: null,
        environment: { CUDA_VISIBLE_DEVICES: expect.stringMatching(/^GPU-1c8e.*,MIG-9a1b/) },
      },
    });
    scripted.says(h200Cut.csv.replace('3B:00.0, Enabled, 0', '3B:00.0, Enabled, 1'), h200Cut.list);
    expect((await source.read(signal)).map(({ healthy }) => healthy)).toEqual([true, false, false, false]);
  });

  it('learn of errors from the kernel’s log, and forget none of them', async () => {
    const scripted = smi();
    scripted.says(h200Pair);
    const lines = [
      'NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.\n',
      '',
    ];
    const kernelLog = { read: () => lines.shift() ?? '', close: () => undefined };
    const source = nvidiaDevices({ command: scripted.command, kernelLog });
    for (const _look of [1, 2])
      expect((await source.read(signal)).map(({ healthy }) => healthy)).toEqual([true, false]);
  });

  it('keep their numbers when the driver has lost one and counts anew', async () => {
    const scripted = smi();
    scripted.says(h200Pair);
    const source = nvidiaDevices({ command: scripted.command });
    const [, second] = await source.read(signal);
    scripted.says(h200Pair.split('\n').slice(1).join('\n').replace(/^1/, '0'));
    expect(await source.read(signal)).toEqual([second]);
  });

  it('fail in words when the tool fails, and when it hangs, in bounded time', async () => {
    const scripted = smi();
    scripted.fails("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", 9);
    const source = nvidiaDevices({ command: scripted.command, timeoutMs: 300 });
    await expect(source.read(signal)).rejects.toMatchObject({ problem: expect.stringContaining('driver') });
    scripted.hangs();
    await expect(source.read(signal)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('what nvidia-smi says', () => {
  const line = (fields: string) => parseGpus(`${fields}\n`)[0];

  it('is read with what a model does not have', () => {
    expect(line('0, GPU-1, NVIDIA L4, 23034, 0, 00000000:00:04.0, [N/A], 0, [N/A], No, No')).toMatchObject({
      ...{ memoryMib: 23_034, bus: '0000:00:04', mig: false, problem: '' },
    });
  });

  it.each([
    ['0, GPU-1, NVIDIA L4, 23034, 0, 00000000:00:04.0, [N/A], 3, [N/A], No, No', '3 memory errors'],
    ['0, GPU-1, NVIDIA A100, 81920, 0, 00000000:00:04.0, Disabled, 0, [N/A], Yes, No', 'wait to be remapped'],
    [
      '0, GPU-1, NVIDIA A100, 81920, 0, 00000000:00:04.0, Disabled, 0, [N/A], No, Yes',
      'could not be remapped',
    ],
    ['0, GPU-1, Tesla V100-SXM2-16GB, 16384, 0, 00000000:00:04.0, [N/A], 0, Yes, [N/A], [N/A]', 'be retired'],
    ['0, GPU-1, NVIDIA A100, [GPU is lost], 0, 00000000:00:04.0, Disabled, 0, No, No, No', '[GPU is lost]'],
    [
      '0, GPU-1, NVIDIA A100, 81920, 0, 00000000:00:04.0, Disabled, [Unknown Error], No, No, No',
      '[Unknown Error]',
    ],
  ])('is a problem: %s', (fields, problem) => expect(line(fields)?.problem).toContain(problem));

  it('that is no line of a GPU is none', () => {
    expect(parseGpus('No devices were found\n')).toEqual([]);
    expect(parseGpus('Unable to determine the device handle for GPU 0000:3B:00.0: GPU is lost.\n')).toEqual(
      [],
    );
  });

  it('names slices of a GPU, which are handed out in its place', () => {
    const list = [
      'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa)',
      '  MIG 3g.20gb     Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)',
      '  MIG 2g.10gb     Device  1: (UUID: MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb)',
      'GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb)',
    ].join('\n');
    const gpus = parseGpus(
      [0, 1]
        .map(
          (n) =>
            `${n}, GPU-${n}, NVIDIA A100-SXM4-40GB, 40960, ${n}, 00000000:0${n}:00.0, ${n === 0 ? 'Enabled' : 'Disabled'}, 0, [N/A], No, No`,
        )
        .join('\n'),
    );
    expect(
      devicesOf(gpus, parseSlices(list)).map(({ index, sku, memoryMib }) => [index, sku, memoryMib]),
    ).toEqual([
      [0, 'A100-3g.20gb', 17_920],
      [1, 'A100-2g.10gb', 8_960],
      [2, 'A100', 40_960],
    ]);
  });

  it.each([
    ['NVIDIA H200', 'H200'],
    ['NVIDIA H100 80GB HBM3', 'H100'],
    ['NVIDIA A100-SXM4-40GB', 'A100'],
    ['Tesla T4', 'T4'],
    ['NVIDIA GeForce RTX 4090', 'RTX4090'],
  ])('calls a %s %s', (name, sku) => expect(skuOf(name)).toBe(sku));

  it('tells a program’s errors from a device’s', () => {
    const log = [
      '6,1,2,-;NVRM: Xid (PCI:0000:3b:00): 13, pid=7, Graphics Exception',
      '6,1,2,-;NVRM: Xid (PCI:0000:3B:00): 48, pid=7, DBE',
    ].join('\n');
    expect(parseKernelErrors(log).map(({ bus, xid }) => [bus, xid])).toEqual([['0000:3b:00', 48]]);
  });
});

describe('the watch over devices', () => {
  it('keeps what it knew when the driver stops answering, and calls all of it ill until it answers', async () => {
    const clock = new ManualClock();
    const source = simulatedDevices('L4*2', 'a', '/none');
    const read = vi.spyOn(source, 'read');
    const changed = vi.fn();
    const watched = await watchDevices(source, { clock, log: silentLogger, changed });
    read.mockRejectedValueOnce(new Error('it did not answer'));
    await clock.advance(10_000);
    expect(watched.now().map(({ healthy }) => healthy)).toEqual([false, false]);
    await clock.advance(10_000);
    expect(watched.now().map(({ healthy }) => healthy)).toEqual([true, true]);
    expect(changed).toHaveBeenCalledTimes(2);
    watched.close();
  });

  it('tells of a device that is gone instead of leaving it out', async () => {
    const clock = new ManualClock();
    const source = simulatedDevices('L4*2', 'a', '/none');
    const watched = await watchDevices(source, { clock, log: silentLogger, changed: () => undefined });
    const [first] = await source.read(signal);
    vi.spyOn(source, 'read').mockResolvedValue([first!]);
    await clock.advance(10_000);
    expect(watched.now().map(({ healthy }) => healthy)).toEqual([true, false]);
    watched.close();
  });
});
