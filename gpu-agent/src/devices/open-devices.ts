import { join } from 'node:path';
import type { DeviceSource } from './device-source.ts';
import { openKernelLog } from './kernel-log.ts';
import { nvidiaDevices } from './nvidia-smi.ts';
import { simulatedDevices } from './simulated.ts';

/** As CELLBOOK_DEVICES says. */
export function openDevices(setting: string, hostId: string, dataDirectory: string): DeviceSource {
  const simulated = /^simulated:(.*)$/.exec(setting)?.[1];
  if (simulated !== undefined)
    return simulatedDevices(simulated, hostId, join(dataDirectory, 'ill-devices.json'));
  return nvidiaDevices({ kernelLog: openKernelLog() });
}
