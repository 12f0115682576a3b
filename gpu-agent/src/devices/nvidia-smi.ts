/**
 * Real GPUs, by `nvidia-smi`. It is what every host with a driver has, and a process of its own: when the driver hangs, as
 * it does when a GPU is lost, that process hangs and the agent does not.
 */
import { execFile } from 'node:child_process';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type DeviceSource, visibleAs } from './device-source.ts';
import { parseKernelErrors } from './kernel-errors.ts';
import type { KernelLog } from './kernel-log.ts';
import { devicesOf, parseGpus, parseSlices, queriedFields } from './parse-nvidia-smi.ts';
import { parseSliceMemory } from './slice-memory.ts';

const { answerMs, answerBytesMax, errorsMax } = limits.gpuAgent.devices;

export interface NvidiaOptions {
  command?: string;
  kernelLog?: KernelLog | null;
  timeoutMs?: number;
}

export function nvidiaDevices(options: NvidiaOptions = {}): DeviceSource {
  const { command = 'nvidia-smi', kernelLog = null, timeoutMs = answerMs } = options;
  const errors = new Map<string, string>();
  /** A device keeps the number it was first seen with: the driver counts anew when it has lost one. */
  const numbers = new Map<string, number>();
  const numberOf = (uuid: string): number => {
    const number = numbers.get(uuid) ?? numbers.size;
    numbers.set(uuid, number);
    return number;
  };
  let last: ReturnType<typeof devicesOf> = [];

  return {
    async read(signal) {
      const query = [`--query-gpu=${queriedFields.join(',')}`, '--format=csv,noheader,nounits'];
      const gpus = parseGpus(await askSmi(command, query, { timeoutMs, signal }));
      const isCut = gpus.some(({ mig }) => mig);
      const slices = isCut ? parseSlices(await askSmi(command, ['-L'], { timeoutMs, signal })) : [];
      const memory = parseSliceMemory(
        isCut ? await askSmi(command, ['-q', '-x'], { timeoutMs, signal }) : '',
      );
      for (const { bus, text } of parseKernelErrors(kernelLog?.read() ?? ''))
        if (errors.size < errorsMax) errors.set(bus, text);
      const told = gpus.map((gpu) => {
        const problem = gpu.problem === '' ? errors.get(gpu.bus) : undefined;
        return problem === undefined ? gpu : { ...gpu, problem, cause: 'xid' as const };
      });
      last = devicesOf(told, slices, memory).map((device) => ({ ...device, index: numberOf(device.uuid) }));
      return last.map(({ gpu: _gpu, slice: _slice, ...device }) => device);
    },
    visible(indexes) {
      const given = indexes.flatMap((index) => last.filter((device) => device.index === index));
      const minors = given.map(({ gpu, slice }) => (slice ? null : gpu.minor));
      const whole = minors.filter((minor) => minor !== null);
      return {
        environment: visibleAs(given.map(({ uuid }) => uuid)),
        minors: whole.length === minors.length ? whole : null,
      };
    },
  };
}

export interface Asking {
  timeoutMs: number;
  signal: AbortSignal;
}

/** It is killed when its time is over; where even that does not end it, it is left behind and its answer unread. */
export function askSmi(command: string, args: string[], { timeoutMs, signal }: Asking): Promise<string> {
  return new Promise((resolve, reject) => {
    const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const fail = (problem: string, cause?: unknown) =>
      reject(
        new CellbookError('provider_unavailable', {
          doing: `asking ${command} for this host’s GPUs`,
          problem,
          next: 'Look at the driver (dmesg); a host whose driver does not answer wants a restart.',
          cause,
        }),
      );
    over.addEventListener('abort', () => fail(`it did not answer in ${timeoutMs} ms`), { once: true });
    const options = { signal: over, killSignal: 'SIGKILL' as const, maxBuffer: answerBytesMax };
    execFile(command, args, options, (error, out) => {
      if (!error) resolve(out);
      // It tells what it knows of the others even when it lost one of them.
      else if (/^\d+,/m.test(out)) resolve(out);
      else fail(`it failed: ${out.trim().split('\n')[0] || error.message}`.slice(0, 280), error);
    });
  });
}
