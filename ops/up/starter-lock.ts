/**
 * One starter per home. The lock is a listening socket in Linux's abstract namespace, named after the home:
 * it is taken atomically, it ends with its holder however that dies, and there is no stale file to judge.
 * Whoever finds it taken connects to it and reads what the holder says about itself.
 */
import { createHash } from 'node:crypto';
import { createConnection, createServer, type Server } from 'node:net';
import { z } from 'zod';

export const starterStatusSchema = z.object({
  pid: z.int().positive(),
  state: z.enum(['starting', 'running', 'stopping']),
  /** The main address, once it is running. */
  url: z.string().nullable(),
  versions: z.record(z.string(), z.string()),
});
export type StarterStatus = z.infer<typeof starterStatusSchema>;

export type LockResult =
  | { taken: true; release(): Promise<void> }
  | { taken: false; holder: StarterStatus | null };

const answerDeadlineMs = 3_000;

/** Takes the lock, or tells who holds it. `status` is asked each time someone else wants to know. */
export async function takeStarterLock(
  homeDirectory: string,
  status: () => StarterStatus,
): Promise<LockResult> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(JSON.stringify(status()));
  });
  if (!(await listens(server, socketName(homeDirectory)))) {
    return { taken: false, holder: await askStarter(homeDirectory) };
  }
  return { taken: true, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** What the running starter of this home says, or null when there is none (or it does not answer in time). */
export function askStarter(homeDirectory: string): Promise<StarterStatus | null> {
  return new Promise((resolve) => {
    const socket = createConnection(socketName(homeDirectory));
    let text = '';
    socket.setTimeout(answerDeadlineMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(text === '' ? null : (starterStatusSchema.safeParse(JSON.parse(text)).data ?? null));
    });
  });
}

function listens(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(name, () => resolve(true));
  });
}

function socketName(homeDirectory: string): string {
  return `\0cellbook-${createHash('sha256').update(homeDirectory).digest('hex').slice(0, 32)}`;
}
