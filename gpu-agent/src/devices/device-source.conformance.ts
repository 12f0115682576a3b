/** What every source of devices promises. */

import { deviceSchema } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { expect, it } from 'vitest';
import type { DeviceSource } from './device-source.ts';

export interface SourceUnderTest {
  source: DeviceSource;
  /** Makes the device of this number ill. */
  spoil(index: number): void;
}

const signal = AbortSignal.timeout(60_000);

export function deviceSourceConformance(open: () => SourceUnderTest): void {
  it('tells each device once, by a number and a name that stay', async () => {
    const { source } = open();
    const devices = await source.read(signal);
    expect(devices.length).toBeGreaterThan(1);
    for (const device of devices)
      expect(deviceSchema.parse(device)).toMatchObject({ healthy: true, problem: '' });
    expect(new Set(devices.map(({ uuid }) => uuid)).size).toBe(devices.length);
    expect(await source.read(signal)).toEqual(devices);
  });

  it('says which device is ill and why, and that the others are well', async () => {
    const { source, spoil } = open();
    spoil(1);
    const devices = await source.read(signal);
    expect(devices.filter(({ healthy }) => !healthy).map(({ index }) => index)).toEqual([1]);
    expect(devices[1]?.problem).not.toBe('');
    expect(devices[1]?.cause).toBeDefined();
  });

  it('shows a program the devices it was given and no others', async () => {
    const { source } = open();
    const devices = await source.read(signal);
    const names = source.visible([1]).environment;
    expect(names.CUDA_VISIBLE_DEVICES).toBe(devices[1]?.uuid);
    expect(names.NVIDIA_VISIBLE_DEVICES).toBe(devices[1]?.uuid);
    expect(source.visible([]).environment).toMatchObject({
      CUDA_VISIBLE_DEVICES: '',
      NVIDIA_VISIBLE_DEVICES: 'void',
    });
  });
}
