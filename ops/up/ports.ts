import { createServer } from 'node:net';
import { CellbookError } from '@cellbook/shared/errors.ts';

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const port = await tryListen(0);
  if (port === null) throw new Error('the system has no free port');
  return port;
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== null;
}

/** Refuses a port that is taken, in words that say what to do. */
export async function assertPortFree(port: number, what: string, variable: string): Promise<void> {
  if (await isPortFree(port)) return;
  throw new CellbookError('conflict', {
    doing: `starting ${what}`,
    problem: `port ${port} is taken by another program`,
    next: `Stop that program, or choose another port: ${variable}=${port + 1} npm start`,
    ids: { port },
  });
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
