/** For tests: a network between a controller and a daemon that can be cut so that neither end is told. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Network {
  port: number;
  /** How often a path was asked for. */
  asked(path: string): number;
  /** From now on nothing arrives, and no connection is closed for it. */
  cut(): void;
  /** New connections get through again; those from before the cut stay as they are. */
  mend(): void;
  close(): Promise<void>;
}

export async function startNetwork(toPort: number): Promise<Network> {
  const ends: Socket[] = [];
  let isCut = false;
  let heard = '';
  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    ends.push(near);
    if (isCut) return;
    const far = connect(toPort, '127.0.0.1');
    far.on('error', () => far.destroy());
    ends.push(far);
    near.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked: (path) => heard.split(` ${path} `).length - 1,
    cut() {
      isCut = true;
      for (const end of ends) end.unpipe().pause();
    },
    mend() {
      isCut = false;
    },
    async close() {
      for (const end of ends) end.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
