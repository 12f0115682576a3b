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
import { startBenchPlatform } from '../platform/start.ts';
import { machine } from '../report.ts';
import { commitsPerSecond } from './baseline.ts';
import { cellClient, inParallel, type Owned } from './cell-client.ts';
import { limitOf, type Use } from './limit.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { people } from './people.ts';
import { familyOf, processorSeconds } from './processor.ts';
import { cellRecord } from './record.ts';
import { steadyWrites } from './steady-writes.ts';

const requestsInFlight = 64;
const settleMsMax = 600_000;
const baselineSeconds = 3;

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
    const owners = await people(platform, Math.ceil(options.workspaces / options.workspacesPerUser));
    const client = cellClient(platform.cellUrl);
    const createdMs = performance.now();
    const each = Array.from({ length: options.workspaces }, (_, index) => owners[index % owners.length]!);
    const workspaces = await inParallel(each, requestsInFlight, (owner) => client.create(owner));
    const createsPerSecond = (workspaces.length * 1_000) / (performance.now() - createdMs);
    note(`created ${workspaces.length} workspaces at ${createsPerSecond.toFixed(0)}/s`);
    const baseline = await commitsPerSecond(platform.databaseUrl, baselineSeconds);
    note(`Postgres alone commits ${baseline.toFixed(0)} one-row updates/s over 20 connections`);

    const changing = workspaces.slice(0, Math.floor(workspaces.length / 10));
    const others = workspaces.slice(changing.length);
    const pids = { controller: platform.cellPid, postgres: await record.serverPid() };
    const before = await reading(record, pids);
    const writes = steadyWrites(client, others, options.writesPerSecond);
    for (let index = 0; index < options.rounds; index++) {
      await all(changing, 'resume', 'running');
      await all(changing, 'suspend', 'suspended', workspaces.length);
    }
    const after = await reading(record, pids);
    const latencies = await writes.stop();

    const seconds = (after.atMs - before.atMs) / 1_000;
    const use: Use = {
      controllerCores: (after.controllerSeconds - before.controllerSeconds) / seconds,
      postgresCores: (after.postgresSeconds - before.postgresSeconds) / seconds,
      benchmarkCores: (after.ownSeconds - before.ownSeconds) / seconds,
      commitsPerSecond: (after.transactions - before.transactions) / seconds,
      commitsPerSecondAlone: baseline,
    };
    console.log(
      JSON.stringify({
        workspaces: workspaces.length,
        transitionsPerSecond: round((after.transitions - before.transitions) / seconds, 1),
        apiP99Ms: round(percentile(latencies, 0.99), 1),
        apiP50Ms: round(percentile(latencies, 0.5), 1),
        apiP95Ms: round(percentile(latencies, 0.95), 1),
        apiWrites: latencies.length,
        transitions: after.transitions - before.transitions,
        changingAtOnce: changing.length,
        createsPerSecond: round(createsPerSecond, 1),
        limitedBy: limitOf(use, machine().cores),
        use: Object.fromEntries(Object.entries(use).map(([name, value]) => [name, round(value, 2)])),
        rowsWrittenPerSecond: round((after.rowsWritten - before.rowsWritten) / seconds, 1),
        machine: machine(),
        date: new Date().toISOString(),
      }),
    );

    async function all(changed: Owned[], intent: 'resume' | 'suspend', phase: string, expected?: number) {
      const startedMs = performance.now();
      await inParallel(changed, requestsInFlight, (workspace) => client.ask(workspace, intent));
      await record.settled(phase, expected ?? changed.length, settleMsMax);
      note(`${changed.length} × ${intent} in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
    }
  } finally {
    await record.close();
    await stop();
  }
}

async function reading(
  record: ReturnType<typeof cellRecord>,
  { controller, postgres }: { controller: number; postgres: number },
) {
  const own = process.cpuUsage();
  return {
    ...(await record.counters()),
    controllerSeconds: await processorSeconds([controller]),
    postgresSeconds: await processorSeconds(await familyOf([postgres])),
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
