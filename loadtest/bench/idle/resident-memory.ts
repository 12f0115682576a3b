/**
 * The resident memory of a Node process that is not ours to change: SIGUSR1 makes any Node process open its
 * inspector on 127.0.0.1:9229, through which it is asked to collect its garbage before it is read.
 */
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { untilReady } from '../processes.ts';

const inspectorUrl = 'http://127.0.0.1:9229/json/list';
const targetsSchema = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const answerSchema = z.object({ id: z.int() });

export interface MemoryReader {
  /** Resident bytes after a full collection. */
  residentBytes(): Promise<number>;
  close(): void;
}

export async function openMemoryReader(pid: number): Promise<MemoryReader> {
  process.kill(pid, 'SIGUSR1');
  await untilReady('the inspector', async () => (await fetch(inspectorUrl)).ok);
  const [target] = targetsSchema.parse(await (await fetch(inspectorUrl)).json());
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  await assertProcess(socket, pid);
  return {
    async residentBytes() {
      for (let pass = 0; pass < 3; pass++) await call(socket, 'HeapProfiler.collectGarbage', {});
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
      if (kibibytes === undefined) throw new Error(`process ${pid} has no resident memory`);
      return Number(kibibytes) * 1024;
    },
    close: () => socket.close(),
  };
}

/** Another Node process may hold the inspector's port: then its memory is not the one asked for. */
async function assertProcess(socket: WebSocket, pid: number): Promise<void> {
  const resultSchema = z.object({ result: z.object({ result: z.object({ value: z.int() }) }) });
  const answer = await call(socket, 'Runtime.evaluate', { expression: 'process.pid' });
  const value = resultSchema.parse(answer).result.result.value;
  if (value !== pid) throw new Error(`port 9229 is the inspector of process ${value}, not of ${pid}`);
}

let nextId = 1;

function call(socket: WebSocket, method: string, params: object): Promise<unknown> {
  const id = nextId++;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${method} was not answered`)), 30_000);
    const onMessage = (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString());
      const answer = answerSchema.safeParse(message);
      if (!answer.success || answer.data.id !== id) return;
      clearTimeout(timer);
      socket.off('message', onMessage);
      resolve(message);
    };
    socket.on('message', onMessage);
    socket.send(JSON.stringify({ id, method, params }));
  });
}
