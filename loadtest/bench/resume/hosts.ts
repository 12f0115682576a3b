/**
 * Cuts a host off, as a power cut does: its daemon is stopped (SIGSTOP), so it answers nothing and closes nothing,
 * which is harder on its cell than a process that ended. Both ways it is waited for that the cell has noticed, which
 * its log says.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BenchPlatform } from '../platform/start.ts';
import { untilReady } from '../processes.ts';

export type HostSwitch = ReturnType<typeof hostSwitch>;

const recordSchema = z.object({ pid: z.int().positive() });
const saidSchema = z.looseObject({ hostId: z.string().optional(), msg: z.string().optional() });
const words = { away: 'a host does not say what it has', back: 'a host answers again' };

export function hostSwitch({ directory, cellId }: BenchPlatform) {
  const away = new Map<string, number>();
  const log = join(directory, 'logs', `cell-${cellId}.log`);

  async function said(hostId: string, what: string): Promise<number> {
    const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes(what));
    return lines.filter((line) => saidSchema.parse(JSON.parse(line)).hostId === hostId).length;
  }

  async function andNoticed(hostId: string, what: string, act: () => void): Promise<void> {
    const before = await said(hostId, what);
    act();
    await untilReady(`“${what}” of ${hostId}`, async () => (await said(hostId, what)) > before);
  }

  async function reconnect(hostId: string): Promise<void> {
    const pid = away.get(hostId);
    if (pid === undefined) return;
    away.delete(hostId);
    await andNoticed(hostId, words.back, () => process.kill(pid, 'SIGCONT'));
  }

  return {
    async cutOff(hostId: string): Promise<void> {
      const record = join(directory, 'run', `host-${hostId}.json`);
      const { pid } = recordSchema.parse(JSON.parse(await readFile(record, 'utf8')));
      away.set(hostId, pid);
      await andNoticed(hostId, words.away, () => process.kill(pid, 'SIGSTOP'));
    },
    reconnect,
    /** Without waiting: for the end. */
    async reconnectAll(): Promise<void> {
      for (const pid of away.values()) process.kill(pid, 'SIGCONT');
      away.clear();
    },
  };
}
