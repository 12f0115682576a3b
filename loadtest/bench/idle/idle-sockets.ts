/**
 * What an idle kernel WebSocket costs the cell's process: resident memory is read, after a full collection,
 * at rising numbers of open sockets, and the slope of the readings is the answer. The first sockets warm the
 * process up and are not counted, and neither are the kernels, which all run before the first reading. The
 * sockets are spread over as many workspaces and kernels as the cell's limits ask.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { echoKernelName } from '../echo-kernel/kernelspec.ts';
import { startKernel } from '../legs/jupyter-server.ts';
import { round, slope } from '../measure/statistics.ts';
import type { Person } from '../platform/person.ts';
import type { BenchPlatform } from '../platform/start.ts';
import type { BenchWorkspace } from '../platform/workspace.ts';
import { openMemoryReader } from './resident-memory.ts';

export interface IdlePlan {
  /** Sockets opened before the first reading. */
  warmUp: number;
  step: number;
  steps: number;
}

export interface IdleResult {
  idleSocketKiB: number;
  readings: Array<{ sockets: number; residentMiB: number }>;
}

export const socketsPerKernel = 60;
export const kernelsPerWorkspace = Math.floor(
  limits.gateway.socketsPerWorkspaceMax / limits.gateway.socketsPerKernelMax,
);

export function workspacesFor(plan: IdlePlan): number {
  return Math.ceil((plan.warmUp + plan.step * plan.steps) / (socketsPerKernel * kernelsPerWorkspace));
}

export async function measureIdleSockets(
  platform: BenchPlatform,
  person: Person,
  workspaces: readonly BenchWorkspace[],
  plan: IdlePlan,
  note: (line: string) => void,
): Promise<IdleResult> {
  const channels = await startKernels(workspaces, person);
  const holder = startHolder();
  const memory = await openMemoryReader(platform.cellPid);
  try {
    const urls = socketUrls(channels, plan.warmUp + plan.step * plan.steps);
    await holder.hold(urls.splice(0, plan.warmUp), await person.cellHeaders());
    const readings = [{ sockets: plan.warmUp, residentBytes: await memory.residentBytes() }];
    for (let step = 0; step < plan.steps; step++) {
      const sockets = await holder.hold(urls.splice(0, plan.step), await person.cellHeaders());
      readings.push({ sockets, residentBytes: await memory.residentBytes() });
      note(`${sockets} idle sockets: ${(readings.at(-1)!.residentBytes / 2 ** 20).toFixed(1)} MiB resident`);
    }
    const bytes = slope(readings.map(({ sockets, residentBytes }) => [sockets, residentBytes] as const));
    return {
      idleSocketKiB: round(bytes / 1024, 2),
      readings: readings.map(({ sockets, residentBytes }) => ({
        sockets,
        residentMiB: round(residentBytes / 2 ** 20, 1),
      })),
    };
  } finally {
    memory.close();
    await holder.stop();
  }
}

async function startKernels(workspaces: readonly BenchWorkspace[], person: Person): Promise<string[]> {
  const channels: string[] = [];
  for (const { cellUrl } of workspaces) {
    for (let index = 0; index < kernelsPerWorkspace; index++) {
      const kernel = await startKernel({
        name: 'cell',
        baseUrl: cellUrl,
        kernelspec: echoKernelName,
        headers: person.cellHeaders,
        stop: async () => undefined,
      });
      channels.push(`${cellUrl.replace(/^http/, 'ws')}/api/kernels/${kernel}/channels`);
    }
  }
  return channels;
}

function socketUrls(channels: readonly string[], count: number): string[] {
  if (count > channels.length * socketsPerKernel) throw new Error('more sockets than the kernels may have');
  return Array.from({ length: count }, (_, index) => {
    return `${channels[index % channels.length]}?session_id=${randomUUID()}`;
  });
}

const heldSchema = z.object({ held: z.int() });

function startHolder() {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async hold(urls: string[], headers: Record<string, string>): Promise<number> {
      child.stdin.write(`${JSON.stringify({ urls, headers })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the process that holds the sockets ended');
      return heldSchema.parse(JSON.parse(value)).held;
    },
    async stop(): Promise<void> {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
