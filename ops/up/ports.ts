import { CellbookError } from '@cellbook/shared/errors.ts';
import { isPortFree } from '@cellbook/shared/ports.ts';

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
