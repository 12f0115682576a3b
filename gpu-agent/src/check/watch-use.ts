/** How busy a GPU was while a program ran on it, by `nvidia-smi`, looked at again and again. */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { askSmi } from '../devices/nvidia-smi.ts';

export interface Use {
  /** How often it was looked at; 0: there was nothing to look at. */
  samples: number;
  utilisationPercentMax: number;
  utilisationPercentMean: number;
  memoryMibMax: number;
  wattsMax: number;
}

const fields = ['utilization.gpu', 'memory.used', 'power.draw'];

/** One line of numbers; null where the driver has none to say (a slice has no utilisation of its own). */
export function parseUse(csv: string): { utilisation: number; memoryMib: number; watts: number } | null {
  const [utilisation = '', memoryMib = '', watts = ''] = (csv.split('\n')[0] ?? '').split(',');
  const memory = Number.parseFloat(memoryMib);
  if (!Number.isFinite(memory)) return null;
  return { utilisation: numberOr0(utilisation), memoryMib: memory, watts: numberOr0(watts) };
}

const numberOr0 = (text: string): number => Number.parseFloat(text) || 0;

/** `uuid` null: a simulated device. `stop` gives what was seen until then. */
export function watchUse(uuid: string | null, clock: Clock): { stop(): Promise<Use> } {
  const over = new AbortController();
  const seen: NonNullable<ReturnType<typeof parseUse>>[] = [];
  const { answerMs, useEveryMs } = limits.gpuAgent.devices;
  const loop = async () => {
    while (uuid !== null && !over.signal.aborted) {
      const query = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits', '-i', uuid];
      const answer = await askSmi('nvidia-smi', query, { timeoutMs: answerMs, signal: over.signal }).catch(
        () => '',
      );
      const use = parseUse(answer);
      if (use) seen.push(use);
      await sleep(clock, useEveryMs, over.signal).catch(() => undefined);
    }
  };
  const looking = loop();
  return {
    async stop() {
      over.abort();
      await looking;
      const most = (of: (use: (typeof seen)[number]) => number) => Math.max(0, ...seen.map(of));
      const sum = seen.reduce((total, { utilisation }) => total + utilisation, 0);
      return {
        samples: seen.length,
        utilisationPercentMax: most(({ utilisation }) => utilisation),
        utilisationPercentMean: seen.length === 0 ? 0 : Math.round(sum / seen.length),
        memoryMibMax: most(({ memoryMib }) => memoryMib),
        wattsMax: most(({ watts }) => watts),
      };
    },
  };
}
