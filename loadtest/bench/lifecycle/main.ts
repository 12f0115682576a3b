/**
 * `npm run bench -- lifecycle`: one cell with a driver that does nothing, so that what is measured is the
 * control plane: API, leases, planner, record, Postgres. The cell holds `workspaces`; a tenth of them is asked
 * to resume at once, and when all run, to suspend at once, `rounds` times over, while the API is written to at
 * a steady pace on the others. The last line is JSON: `{workspaces, transitionsPerSecond, apiP99Ms, …}`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile, round } from '../measure/statistics.ts';
import { type BenchPlatform, startBenchPlatform } from '../platform/start.ts';
import { machine } from '../report.ts';
import { type Alone, postgresAlone } from './baseline.ts';
import { type CellClient, cellClient, inParallel, type Owned } from './cell-client.ts';
import { limitOf, type Use } from './limit.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { people } from './people.ts';
import { familyOf, machineSeconds, processorSeconds } from './processor.ts';
import { type CellRecord, cellRecord } from './record.ts';
import { steadyWrites } from './steady-writes.ts';

const requestsInFlight = 64;
const settleMsMax = 600_000;
const baselineSeconds = 3;

interface Site {
  options: Options;
  note: (line: string) => void;
  platform: BenchPlatform;
  record: CellRecord;
  client: CellClient;
}

async function main(options: Options): Promise<void> {
  const note = (line: string) => {
    if (!options.json) console.error(line);
  };
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-bench-'));
  const platform = await startBenchPlatform({
    ...{ driver: 'none', directory, python: 'python3', note },
    sandboxesMax: options.workspaces,
  });
  const stop = async () => {
    await platform.stop();
    await rm(directory, { recursive: true, force: true });
  };
  stopOnSignal(stop);
  const record = cellRecord(platform.databaseUrl);
  try {
    const site = { options, note, platform, record, client: cellClient(platform.cellUrl) };
    const { workspaces, createsPerSecond } = await fill(site);
    const alone = await postgresAlone(platform.databaseUrl, baselineSeconds);
    note(
      `Postgres alone commits ${alone.commitsPerSecond.toFixed(0)} one-row updates/s over 20 connections, and moves ${alone.transitionsPerSecond.toFixed(0)} rows a second through a transition's statements`,
    );
    const measured = await storm(site, workspaces, alone);
    console.log(
      JSON.stringify({
        workspaces: workspaces.length,
        ...measured,
        createsPerSecond: round(createsPerSecond, 1),
        machine: machine(),
        date: new Date().toISOString(),
      }),
    );
  } finally {
    await record.close();
    await stop();
  }
}

async function fill({ options, note, platform, record, client }: Site) {
  const owners = await people(platform, Math.ceil(options.workspaces / options.workspacesPerUser));
  await record.grantAll(owners.map(({ org }) => org));
  const startedMs = performance.now();
  const each = Array.from({ length: options.workspaces }, (_, index) => owners[index % owners.length]!);
  const workspaces = await inParallel(each, requestsInFlight, (owner) => client.create(owner));
  const createsPerSecond = (workspaces.length * 1_000) / (performance.now() - startedMs);
  note(`created ${workspaces.length} workspaces at ${createsPerSecond.toFixed(0)}/s`);
  return { workspaces, createsPerSecond };
}

async function storm({ options, note, platform, record, client }: Site, workspaces: Owned[], alone: Alone) {
  const changing = workspaces.slice(0, Math.floor(workspaces.length / 10));
  const all = async (intent: 'resume' | 'suspend', phase: string, expected: number) => {
    const startedMs = performance.now();
    await inParallel(changing, requestsInFlight, (workspace) => client.ask(workspace, intent));
    await record.settled(phase, expected, settleMsMax);
    note(`${changing.length} × ${intent} in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  };
  const pids = { controller: platform.cellPid, postgres: await record.serverPid() };
  const before = await reading(record, pids);
  const writes = steadyWrites(client, workspaces.slice(changing.length), options.writesPerSecond);
  for (let index = 0; index < options.rounds; index++) {
    await all('resume', 'running', changing.length);
    await all('suspend', 'suspended', workspaces.length);
  }
  const after = await reading(record, pids);
  const latencies = await writes.stop();
  const steps = await record.steps();

  const seconds = (after.atMs - before.atMs) / 1_000;
  const perSecond = (name: Exclude<keyof typeof after, 'atMs'>) => (after[name] - before[name]) / seconds;
  const use: Use = {
    controllerCores: perSecond('controllerSeconds'),
    postgresCores: perSecond('postgresSeconds'),
    benchmarkCores: perSecond('ownSeconds'),
    machineCores: perSecond('machineSeconds'),
    commitsPerSecond: perSecond('transactions'),
    commitsPerSecondAlone: alone.commitsPerSecond,
  };
  return {
    transitionsPerSecond: round(perSecond('transitions'), 1),
    apiP99Ms: round(percentile(latencies, 0.99), 1),
    apiP95Ms: round(percentile(latencies, 0.95), 1),
    apiP50Ms: round(percentile(latencies, 0.5), 1),
    apiWrites: latencies.length,
    transitions: after.transitions - before.transitions,
    changingAtOnce: changing.length,
    steps,
    limitedBy: limitOf(use, machine().cores, steps),
    use: Object.fromEntries(Object.entries(use).map(([name, value]) => [name, round(value, 2)])),
    baseline: {
      transitionsPerSecond: round(alone.transitionsPerSecond, 1),
      ratio: round(perSecond('transitions') / alone.transitionsPerSecond, 3),
    },
    rowsWrittenPerSecond: round(perSecond('rowsWritten'), 1),
  };
}

async function reading(
  record: CellRecord,
  { controller, postgres }: { controller: number; postgres: number },
) {
  const own = process.cpuUsage();
  return {
    ...(await record.counters()),
    controllerSeconds: await processorSeconds([controller]),
    postgresSeconds: await processorSeconds(await familyOf([postgres])),
    machineSeconds: machineSeconds(),
    ownSeconds: (own.user + own.system) / 1e6,
    atMs: performance.now(),
  };
}

function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(130)));
}

let options: Options;
try {
  options = parseOptions(process.argv.slice(2));
} catch {
  console.error(usage);
  process.exit(2);
}
await main(options).then(
  () => process.exit(0),
  (thrown: unknown) => {
    console.error(thrown);
    process.exit(1);
  },
);
