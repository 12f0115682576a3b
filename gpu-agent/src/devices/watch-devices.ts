/**
 * The host's devices as last seen, looked at again and again. When the driver stops answering, what was known of the
 * devices is kept, and all of them count as ill: a host nobody can ask about must get nothing new, and is not gone. What
 * runs there is not ended for it: a tool that is slow or broken says nothing of a device.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Device } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { DeviceCounts } from '../metrics/agent-metrics.ts';
import type { DeviceSource } from './device-source.ts';

export interface WatchedDevices {
  now(): Device[];
  /** As they were when the driver last told of them. */
  lastTold(): Device[];
  close(): void;
}

export interface WatchTools {
  clock: Clock;
  log: Logger;
  everyMs?: number;
  changed(devices: Device[]): void;
  counted?: DeviceCounts;
}

/** Throws where the first look fails: an agent that knows no device has nothing to report. */
export async function watchDevices(source: DeviceSource, tools: WatchTools): Promise<WatchedDevices> {
  const { clock, log, changed, counted, everyMs = limits.gpuAgent.devices.everyMs } = tools;
  const over = new AbortController();
  let devices = await source.read(over.signal);
  let told = devices;
  // What is ill at the start has fallen ill, too.
  const well = devices.map((device) => ({ ...device, healthy: true }));
  counted?.changed(well, devices);

  const look = async () => {
    let isTold = true;
    const seen = await source.read(over.signal).catch((error: unknown) => {
      isTold = false;
      if (!over.signal.aborted) log.error({ err: error }, 'the devices cannot be read');
      return devices.map((device) => ({
        ...{ ...device, healthy: false, problem: problemOf(error), cause: 'driver' as const },
      }));
    });
    // One that is missing has fallen off the bus: it is told, not left out.
    const missing = devices.filter(({ uuid }) => !seen.some((device) => device.uuid === uuid));
    const gone = missing.map((device) => ({
      ...device,
      healthy: false,
      problem: 'it is not there any more',
      cause: 'gone' as const,
    }));
    const next = [...seen, ...gone].sort((one, other) => one.index - other.index);
    if (isTold) told = next;
    if (JSON.stringify(next) === JSON.stringify(devices) || over.signal.aborted) return;
    counted?.changed(devices, next);
    devices = next;
    log.warn({ devices: next.filter(({ healthy }) => !healthy) }, 'the devices’ health changed');
    changed(next);
  };
  const loop = async () => {
    for (;;) {
      await sleep(clock, everyMs, over.signal);
      await look();
    }
  };
  loop().catch((error: unknown) => {
    if (!over.signal.aborted) log.error({ err: error }, 'the watch over the devices ended');
  });
  return { now: () => devices, lastTold: () => told, close: () => over.abort() };
}

const problemOf = (error: unknown): string =>
  (error instanceof Error ? error.message : 'the devices cannot be read').slice(0, 300);
