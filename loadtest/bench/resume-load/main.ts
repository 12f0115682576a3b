/**
 * `npm run bench -- resume-load`: loadtest/resume.js under k6 (with --storm resume-storm.js), on a platform of its
 * own with people of all tiers, or on one that runs already. The last line is k6's summary by rung and tier, with the
 * thresholds that failed; it ends with a code other than zero where any did, or where there is no k6.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { z } from 'zod';
import { removeDirectory } from '../platform/remove-directory.ts';
import { checkout, startBenchPlatform } from '../platform/start.ts';
import { machine } from '../report.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { makePeople, operator } from './people.ts';

const k6Schema = z.object({ path: z.string(), version: z.string() });
const summarySchema = z.looseObject({ failed: z.array(z.string()) });

const stops: Array<() => Promise<void>> = [];

async function main(options: Options): Promise<boolean> {
  const note = (line: string) => {
    if (!options.json) console.error(line);
  };
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-load-'));
  stops.push(() => removeDirectory(directory));
  // First: without it nothing else need be started.
  const k6 = await findK6();
  const url = options.url ?? (await ownPlatform(options, directory, note));
  note(`making ${options.people} people`);
  const prepared = options.storm ? options.prepared : options.people;
  const mixed = options.url === undefined || options.mixed;
  const subjects = await makePeople(url, { count: options.people, prepared, mixed });
  const subjectsFile = join(directory, 'subjects.json');
  await writeFile(subjectsFile, JSON.stringify({ origin: url, subjects }), { mode: 0o600 });
  note(`${k6.version}: ${options.seconds} s`);
  const summary = await runK6(k6.path, subjectsFile, options);
  for (const threshold of summary.failed) console.error(`✗ ${threshold}`);
  const { json: _, url: __, ...settings } = options;
  const load = loadavg().map((average) => Math.round(average * 10) / 10);
  console.log(JSON.stringify({ ...summary, ...settings, load, machine: machine(), k6: k6.version }));
  return summary.failed.length === 0;
}

async function findK6(): Promise<z.infer<typeof k6Schema>> {
  const tool = join(checkout, 'ops', 'images', 'k6.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [tool], { timeout: 1_200_000 });
  return k6Schema.parse(JSON.parse(stdout));
}

async function ownPlatform(
  options: Options,
  directory: string,
  note: (line: string) => void,
): Promise<string> {
  const own = { driver: 'gvisor', sandboxesMax: options.places, operator, python: 'python3' } as const;
  const settings: Record<string, string> = options.storm ? { CELLBOOK_POOL: options.pool } : {};
  const platform = await startBenchPlatform({ ...own, settings, directory, note });
  stops.push(() => platform.stop());
  return platform.url;
}

/** k6 ends with 99 where a threshold failed: that is in the summary. */
async function runK6(
  k6: string,
  subjectsFile: string,
  options: Options,
): Promise<z.infer<typeof summarySchema>> {
  const { seconds, json, storm } = options;
  const script = join(checkout, 'loadtest', storm ? 'resume-storm.js' : 'resume.js');
  const rounds = storm ? {} : { AT_ONCE: options.atOnce, SLACK: options.slack };
  const settings = { SUBJECTS: subjectsFile, SECONDS: seconds, ...rounds };
  const given = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const child = spawn(k6, ['run', '--quiet', '--no-usage-report', ...given, script], {
    stdio: ['ignore', 'pipe', json ? 'ignore' : 'inherit'],
    timeout: (seconds + 300) * 1_000,
  });
  stops.push(async () => void child.kill());
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0 && code !== 99) throw new Error(`k6 ended with ${code}: ${out.slice(-2_000)}`);
  return summarySchema.parse(JSON.parse(out.trim().split('\n').at(-1) ?? ''));
}

async function stopAll(): Promise<void> {
  for (let stop = stops.pop(); stop; stop = stops.pop())
    await stop().catch((thrown: unknown) => console.error('while stopping:', thrown));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stopAll().then(() => process.exit(130)));

let options: Options;
try {
  options = parseOptions(process.argv.slice(2));
} catch {
  console.error(usage);
  process.exit(2);
}
try {
  if (!(await main(options))) process.exitCode = 1;
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 1;
} finally {
  await stopAll();
}
