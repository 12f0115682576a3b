/** A Postgres server for one run, whose commits wait for the disk; each leg gets an empty database of it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@cellbook/shared/ports.ts';
import postgres from 'postgres';
import { z } from 'zod';
import { checkout } from '../platform/start.ts';
import { start, untilReady } from '../processes.ts';

export interface BenchServer {
  version: string;
  database(name: string): Promise<string>;
  stop(): Promise<void>;
}

const saidSchema = z.object({ url: z.url(), version: z.string() });

export async function startServer(directory: string): Promise<BenchServer> {
  const port = await freePort();
  const logFile = join(directory, 'postgres.log');
  const program = start({
    command: process.execPath,
    args: ['ops/up/services/serve-postgres.ts', directory, String(port)],
    env: process.env,
    cwd: checkout,
    logFile,
  });
  const said = async () => (existsSync(logFile) ? readFile(logFile, 'utf8') : '');
  await untilReady('Postgres', async () => (await said()).includes('"url"'), { program });
  const line = (await said()).split('\n').find((text) => text.includes('"url"')) ?? '';
  const { url, version } = saidSchema.parse(JSON.parse(line));
  return {
    version,
    async database(name) {
      const admin = postgres(url, { max: 1, onnotice: () => undefined });
      await admin.unsafe(`create database ${name}`);
      await admin.end({ timeout: 5 });
      const own = new URL(url);
      own.pathname = `/${name}`;
      return own.href;
    },
    stop: program.stop,
  };
}
