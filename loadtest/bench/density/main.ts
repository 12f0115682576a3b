/**
 * `npm run bench -- density`: what a workspace costs in each state, and how many fit on a host of this size. Six
 * workspaces (`--n`) on one cell with a host daemon and gVisor, each with a notebook that has pandas and 100 MB of
 * random arrays in its kernel and a socket open to it through the edge, are brought from state to state:
 *
 *     idle ─▶ busy ─▶ frozen (suspended, in its live window) ─▶ parked (suspended; its sockets still open) ─▶ suspended
 *
 * and what the platform holds more than before the first of them was made is divided by their number. One workspace
 * goes through all of it before, so that programs are warm. It fails where a suspended workspace, its live window
 * over, has a process, a control group or memory left.
 */
import { mkdtemp, readFile, statfs } from 'node:fs/promises';
import { loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { round } from '../measure/statistics.ts';
import { signInAtEdge } from '../platform/person.ts';
import { removeDirectory } from '../platform/remove-directory.ts';
import { type BenchPlatform, startBenchPlatform } from '../platform/start.ts';
import { machine } from '../report.ts';
import { resumeRecord } from '../resume/record.ts';
import { runtimeVersion } from '../resume/runtime.ts';
import { parentGroup } from './control-groups.ts';
import { type Cost, costOf, fitOn, type Machine, type Snapshot } from './cost.ts';
import { type Herd, makeHerd } from './herd.ts';
import { readProcesses } from './processes-of.ts';
import { assertNothingRuns, takeSnapshot } from './snapshot.ts';

export const states = ['suspended', 'parked', 'frozen', 'idle', 'busy'] as const;
type State = (typeof states)[number];

const usage = 'npm run bench -- density [--json] [--n 6]';
/** After a change programs do what they put off, and give memory back. */
const settleMs = 5_000;
const mebibytes = (bytes: number) => round(bytes / 1024 ** 2, 0);

const stops: Array<() => Promise<void>> = [];

async function main({ json, count }: { json: boolean; count: number }): Promise<void> {
  const note = (line: string) => {
    if (!json) console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
  };
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-density-'));
  stops.push(() => removeDirectory(directory));
  // One place is kept free of frozen sandboxes.
  const given = { driver: 'gvisor', sandboxesMax: count + 2, directory, python: 'python3', note } as const;
  const platform = await startBenchPlatform(given);
  stops.push(() => platform.stop());
  const record = resumeRecord(platform.databaseUrl, 0);
  stops.push(() => record.close());
  const person = await signInAtEdge(platform);
  const snapshots = await measure(platform, (size) => makeHerd(platform, person, record, size), count, note);
  const costs = Object.fromEntries(
    states.map((state) => [state, costOf(snapshots.before, snapshots[state], count)]),
  ) as Record<State, Cost>;
  const size = await sizeOf(directory);
  const taken = takenBy(snapshots.before);
  const fits = Object.fromEntries(states.map((state) => [state, fitOn(costs[state], size, taken)]));
  for (const state of states) note(`${state}: ${JSON.stringify(costs[state])}`);
  await stopAll();
  const load = loadavg().map((average) => round(average, 1));
  const result = { n: count, runtime: await runtimeVersion(), costs, fits, taken, host: size, load };
  console.log(JSON.stringify({ ...result, machine: machine(), date: new Date().toISOString() }));
}

async function measure(
  platform: BenchPlatform,
  make: (size: number) => Promise<Herd>,
  count: number,
  note: (line: string) => void,
): Promise<Record<State | 'before', Snapshot>> {
  note('one workspace goes through all of it');
  const warmUp = await make(1);
  const parent = parentGroup(await readProcesses(), platform.directory);
  const take = async (what: string) => {
    await sleep(settleMs);
    note(`reading: ${what}`);
    return takeSnapshot(platform, parent);
  };
  await warmUp.freeze();
  await warmUp.store();
  await warmUp.leave();
  await warmUp.remove();
  const before = await take('none');
  const herd = await make(count);
  const idle = await take('idle');
  await herd.work();
  const busy = await take('busy');
  await herd.rest();
  await herd.freeze();
  const frozen = await take('frozen');
  await herd.store();
  const parked = await take('parked');
  await assertNothingRuns(platform, parent);
  await herd.leave();
  const suspended = await take('suspended');
  await assertNothingRuns(platform, parent);
  return { before, idle, busy, frozen, parked, suspended };
}

/** A host of this size. */
async function sizeOf(directory: string): Promise<Machine> {
  const { bavail, bsize } = await statfs(directory);
  const limit = async (file: string) => Number(await readFile(file, 'utf8'));
  return {
    memoryMiB: mebibytes(totalmem()),
    diskMiB: mebibytes(bavail * bsize),
    processes: await limit('/proc/sys/kernel/pid_max'),
    descriptors: await limit('/proc/sys/fs/file-max'),
  };
}

/** What a host's own program takes with no workspace at work. */
function takenBy({ host: { memoryBytes, processes, descriptors } }: Snapshot): Machine {
  return { memoryMiB: mebibytes(memoryBytes), diskMiB: 0, processes, descriptors };
}

function parseOptions(argv: string[]): { json: boolean; count: number } {
  const options = { json: { type: 'boolean', default: false }, n: { type: 'string', default: '6' } } as const;
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
  z.tuple([z.literal('density')]).parse(positionals);
  return { json: values.json, count: z.coerce.number().int().min(1).max(50).parse(values.n) };
}

let stopping: Promise<void> | null = null;

function stopAll(): Promise<void> {
  stopping ??= (async () => {
    for (let stop = stops.pop(); stop; stop = stops.pop())
      await stop().catch((thrown: unknown) => console.error('while stopping:', thrown));
  })();
  return stopping;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stopAll().then(() => process.exit(130)));

let options: { json: boolean; count: number };
try {
  options = parseOptions(process.argv.slice(2));
} catch {
  console.error(usage);
  process.exit(2);
}
try {
  await main(options);
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 1;
} finally {
  await stopAll();
}
