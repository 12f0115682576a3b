/**
 * An S3 server over a directory that can go away and be there again: the one of the cells' tests, as a program,
 * behind a door of its own. While the door is shut connections are refused, as where nothing listens.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { checkoutDirectory } from '../../up/config.ts';

const program = join(checkoutDirectory, 'cells/src/storage/objects/testing/s3rver-process.ts');
/** What that program takes from anybody. */
const keys = 'accessKeyId=S3RVER&secretAccessKey=S3RVER';

export interface ObjectServer {
  /** What CELLBOOK_OBJECTS says of it. */
  url: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

export async function startObjectServer(directory: string): Promise<ObjectServer> {
  mkdirSync(directory, { recursive: true });
  const server = fork(program, [directory]);
  const ended = once(server, 'exit');
  const [innerPort] = z.tuple([z.number()]).parse((await once(server, 'message')).slice(0, 1));
  const sockets = new Set<Socket>();
  const door = createServer((near) => {
    const far = connect(innerPort, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  const port = await listen(door, 0);
  const shut = async () => {
    if (!door.listening) return;
    const closed = once(door, 'close');
    door.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `s3://cells/eu-1?endpoint=http://127.0.0.1:${port}&pathStyle=true&${keys}`,
    shut,
    open: async () => void (await listen(door, port)),
    async stop() {
      await shut();
      server.disconnect();
      await ended;
    },
  };
}

async function listen(door: Server, port: number): Promise<number> {
  door.listen(port, '127.0.0.1');
  await once(door, 'listening');
  return (door.address() as AddressInfo).port;
}
