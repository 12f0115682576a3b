/**
 * A real Postgres server on its own, for benchmarks: `node ops/up/services/serve-postgres.ts DIRECTORY PORT`. Says its URL
 * as one line of JSON when it answers, and stops when it is asked to.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { startPostgres } from './postgres.ts';

const [directory, port] = z.tuple([z.string().min(1), z.coerce.number().int()]).parse(process.argv.slice(2));
const context = {
  clock: systemClock,
  homeDirectory: directory,
  logDirectory: join(directory, 'logs'),
  runDirectory: join(directory, 'run'),
};
mkdirSync(context.runDirectory, { recursive: true });
const dataDirectory = join(directory, 'pg');
const server = await startPostgres(context, { dataDirectory, port, password: systemRandom.uuid() });
console.log(JSON.stringify({ url: server.url, version: server.version }));
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, async () => {
    await server.child.stop();
    process.exit(0);
  });
