/**
 * What is left of an attempt that is over, and cannot be taken away now: processes that do not end (stuck in a driver,
 * they hear no signal), or a control group or files that cannot be removed. It is tried again until it is gone; until
 * then the devices that those processes may be on count as ill, so that nothing else is put there.
 */
import type { Device } from '@cellbook/shared/protocol/gpu-agent-api.ts';

/** Devices that something which is over may still be on; null: nobody knows which, so it may be any. */
export interface Taken {
  devices: readonly number[] | null;
  problem: string;
}

/** Of an earlier agent's. */
export interface Remains extends Taken {
  name: string;
  /** True: it is gone. Never rejects. */
  tidy(): Promise<boolean>;
}

export function withTaken(devices: readonly Device[], taken: readonly Taken[]): Device[] {
  return devices.map((device) => {
    const by = taken.find(({ devices: on }) => on === null || on.includes(device.index));
    return by && device.healthy
      ? { ...device, healthy: false, problem: by.problem.slice(0, 300).toWellFormed(), cause: 'stuck' }
      : device;
  });
}
