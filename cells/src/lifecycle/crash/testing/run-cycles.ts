/**
 * `npm run cycles -- --cycles 50 --seed 1`: one workspace through so many suspends and resumes with everything that
 * may go wrong in between (cycles.ts), and `{cycles, seed, rungs, forgotten, wrong}` as the last line.
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '@cellbook/shared/random.ts';
import { CrashCell } from './crash-cell.ts';
import { runCycles } from './cycles.ts';
import { startServers } from './servers.ts';

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
});
const [cycles, seed] = [Number(values.cycles), Number(values.seed)];
const servers = await startServers();
const { redisUrl } = servers;
const databaseUrl = await servers.createDatabase();
const cell = await CrashCell.create({ databaseUrl, redisUrl, capacity: 2, driver: 'gvisor', daemon: true });
try {
  await cell.startAll();
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const report = await runCycles(cell, { cycles, random: seededRandom(seed), tell });
  process.stdout.write(`${JSON.stringify({ cycles, seed, ...report })}\n`);
  process.exitCode = report.wrong.length === 0 ? 0 : 1;
} finally {
  await cell.stop();
  await servers.stop();
}
