import { createServer } from 'node:net';
import { freePort } from '@cellbook/shared/ports.ts';
import { expect, it } from 'vitest';
import { assertPortFree } from './ports.ts';

it('refuses a taken port and says how to choose another', async () => {
  const port = await freePort();
  await assertPortFree(port, 'the edge', 'CELLBOOK_EDGE_PORT');
  const server = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  await expect(assertPortFree(port, 'the edge', 'CELLBOOK_EDGE_PORT')).rejects.toMatchObject({
    code: 'conflict',
    problem: `port ${port} is taken by another program`,
    next: expect.stringContaining(`CELLBOOK_EDGE_PORT=${port + 1} npm start`),
  });
  await new Promise((resolve) => server.close(resolve));
});
