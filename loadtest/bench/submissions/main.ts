/**
 * `npm run bench -- submissions [--json] [--full] [--rate N] [--seconds N] [--surge-seconds N]`: what a region acknowledges
 * of what it is offered (regional-scheduler/src/bench/submissions), on a Postgres whose commits wait for the disk and a
 * Redis of its own. `--full`: ten minutes, and a minute at ten times the rate.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '@cellbook/shared/ports.ts';
import { z } from 'zod';
import { checkout } from '../platform/start.ts';
import { start } from '../processes.ts';
import { machine } from '../report.ts';
import { runPart } from '../scheduler/run-part.ts';
import { startServer } from '../scheduler/server.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    json: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    ...{ rate: text, seconds: text, 'surge-seconds': text },
  },
});
const [seconds, surge, step] = values.full
  ? ['600', '60', '10']
  : values.quick
    ? ['6', '3', '2']
    : ['30', '10', '4'];
const args = [
  ...['--rate', values.rate ?? '500', '--seconds', values.seconds ?? seconds],
  ...['--surge-seconds', values['surge-seconds'] ?? surge, '--step-seconds', step],
];
const percentilesSchema = z.object({ p50: z.number(), p95: z.number(), p99: z.number(), n: z.number() });
const resultSchema = z.looseObject({
  ...{ offered: z.number(), admitted: z.number(), shedByTier: z.unknown(), ackMs: percentilesSchema },
  ...{ lost: z.number(), bendsAt: z.number().nullable() },
});

const directory = await mkdtemp(join(tmpdir(), 'cellbook-bench-submissions-'));
const server = await startServer(directory);
const redisPort = await freePort();
const redis = start({
  command: 'redis-server',
  args: ['--bind', '127.0.0.1', '--port', String(redisPort), '--save', '', '--appendonly', 'no'],
  ...{ env: process.env, cwd: directory, logFile: join(directory, 'redis.log') },
});
try {
  if (!values.json) console.error(`submissions: ${args.join(' ')}, in ${checkout}`);
  const environment = {
    DATABASE_URL: await server.database('ours'),
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  };
  const program = 'regional-scheduler/src/bench/submissions/main.ts';
  const result = await runPart(program, args, environment, resultSchema);
  const about = {
    full: values.full,
    postgres: server.version,
    machine: machine(),
    date: new Date().toISOString(),
  };
  console.log(JSON.stringify({ ...result, ...about }));
} finally {
  await redis.stop();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
