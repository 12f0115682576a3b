/** An S3 server of the benchmark's own, over a directory: the one that the cells' tests use, as a program. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checkout } from '../platform/start.ts';

const program = join(checkout, 'cells', 'src', 'storage', 'objects', 'testing', 's3rver-process.ts');
/** What that program takes from anybody. */
const keys = 'accessKeyId=S3RVER&secretAccessKey=S3RVER';

export interface ObjectServer {
  port: number;
  /** What CELLBOOK_OBJECTS says of it. */
  url: string;
  stop(): Promise<void>;
}

/** `port`: that server's, or of a way to it. */
export const objectsAt = (port: number): string =>
  `s3://cells/eu-1?endpoint=http://127.0.0.1:${port}&pathStyle=true&${keys}`;

export async function startObjectServer(directory: string): Promise<ObjectServer> {
  await mkdir(directory, { recursive: true });
  const server = fork(program, [directory]);
  const ended = once(server, 'exit');
  const [port] = z.tuple([z.number()]).parse((await once(server, 'message')).slice(0, 1));
  return {
    port,
    url: objectsAt(port),
    async stop() {
      server.disconnect();
      await ended;
    },
  };
}
