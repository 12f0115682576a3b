/**
 * One agent on a data directory at a time. The lock is an abstract socket: it ends with its holder, however that ends, so
 * that whoever has it knows that what lies there is nobody's any more.
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { CellbookError } from '@cellbook/shared/errors.ts';

export function takeOnlyAgent(dataDirectory: string): Promise<void> {
  const digest = createHash('sha256').update(realpathSync(dataDirectory)).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new CellbookError('conflict', {
          doing: `starting an agent on ${dataDirectory}`,
          problem: 'another one runs there',
          next: 'Stop it first, or give this one a CELLBOOK_DATA_DIR of its own.',
          cause,
        }),
      ),
    );
    server.listen(`\0cellbook-gpu-agent-${digest}`, () => {
      server.unref();
      resolve();
    });
  });
}
