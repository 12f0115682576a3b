/**
 * `npm run bench -- gateway`: one echo kernel program reached in several ways on this machine, in turns:
 *
 *   direct          client → ZMQ → kernel
 *   cell            client → cell → supervisor → kernel
 *   edgeCell        client → workerd, an object that holds the socket → cell → supervisor → kernel
 *   edgeCellUnheld  the same without the object, as with CELLBOOK_PARKING=off
 *   peer            client → configurable-http-proxy → jupyter_server → kernel
 *   peerNoDelay     the same, with Nagle's algorithm off in jupyter_server
 *   edgeCellGvisor  as edgeCell, the kernel inside gVisor (measured after the others, beside them)
 *
 * The others' kernels are processes of this host without isolation, as the peer's are. Everything it needs it
 * starts on free ports and a temporary directory, and stops and removes again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IdleResult, measureIdleSockets, workspacesFor } from './idle/idle-sockets.ts';
import { directLeg } from './legs/direct.ts';
import { peerLeg } from './legs/peer.ts';
import { type Leg, type LegName, payload } from './measure/clients.ts';
import { measureRounds } from './measure/rounds.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { peerPython } from './peer/environment.ts';
import { cellLeg, edgeCellLeg } from './platform/legs.ts';
import { type Person, signInAtEdge } from './platform/person.ts';
import { type BenchPlatform, startBenchPlatform } from './platform/start.ts';
import { type BenchWorkspace, createBenchWorkspace } from './platform/workspace.ts';
import {
  type LegResult,
  machine,
  packageVersions,
  peerVersions,
  type Report,
  ratios,
  table,
} from './report.ts';

interface Site {
  platform: BenchPlatform;
  person: Person;
  /** Its own for each leg: fifty kernels fit one workspace, a hundred do not. */
  addWorkspace: () => Promise<BenchWorkspace>;
}

const stops: Array<() => Promise<void>> = [];

async function main(options: Options): Promise<void> {
  const note = (line: string) => {
    if (!options.json) console.error(line);
  };
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-bench-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  const python = await peerPython(note);

  const site = wantsPlatform(options) ? await startSite('process', directory, python, note) : null;
  const legs = await startLegs(options, { directory, python, site });
  const results = await measure(legs, options, note);
  const idle = site ? await measureIdle(site, options, note) : null;
  await stopAll(1);

  if (options.legs.has('edgeCellGvisor')) {
    const inside = await startSite('gvisor', directory, 'python3', note);
    const leg = edgeCellLeg('edgeCellGvisor', await inside.addWorkspace(), inside.person);
    for (const [name, result] of await measure([leg], options, note)) results.set(name, result);
  }
  note(table(results));
  console.log(JSON.stringify(await report(results, idle, options, python)));
}

const throughCell = ['cell', 'edgeCell', 'edgeCellUnheld'] as const;
const wantsPlatform = ({ legs }: Options) => throughCell.some((name) => legs.has(name));

async function startSite(
  driver: 'process' | 'gvisor',
  directory: string,
  python: string,
  note: (line: string) => void,
): Promise<Site> {
  const platform = await startBenchPlatform({ driver, directory, python, note });
  stops.push(() => platform.stop());
  const person = await signInAtEdge(platform);
  return { platform, person, addWorkspace: () => createBenchWorkspace(platform, person, python) };
}

async function startLegs(
  { legs }: Options,
  { directory, python, site }: { directory: string; python: string; site: Site | null },
): Promise<Leg[]> {
  const started: Leg[] = [];
  const keep = (leg: Leg) => {
    started.push(leg);
    stops.push(() => leg.stop());
  };
  if (legs.has('direct')) keep(directLeg({ python, directory }));
  if (legs.has('cell') && site) keep(cellLeg(await site.addWorkspace(), site.person));
  for (const name of ['edgeCell', 'edgeCellUnheld'] as const) {
    if (legs.has(name) && site) keep(edgeCellLeg(name, await site.addWorkspace(), site.person));
  }
  for (const name of ['peer', 'peerNoDelay'] as const) {
    if (legs.has(name)) keep(await peerLeg({ name, python, directory }));
  }
  return started;
}

async function measure(
  legs: Leg[],
  { plans }: Options,
  note: (line: string) => void,
): Promise<Map<LegName, LegResult>> {
  const single = await measureRounds(legs, plans.single, note);
  const many = await measureRounds(legs, plans.many, note);
  const shared = await measureRounds(legs, plans.shared, note);
  return new Map(
    legs.map(({ name }) => [
      name,
      { ...many.get(name)!, single: single.get(name)!, sharedKernel: shared.get(name)! },
    ]),
  );
}

/** In workspaces of their own, so that the measured ones' kernels and logs do not count. */
async function measureIdle(
  { platform, person, addWorkspace }: Site,
  { idle }: Options,
  note: (line: string) => void,
): Promise<IdleResult> {
  const workspaces: BenchWorkspace[] = [];
  for (let index = 0; index < workspacesFor(idle); index++) {
    workspaces.push(await addWorkspace());
  }
  return measureIdleSockets(platform, person, workspaces, idle, note);
}

async function report(
  results: ReadonlyMap<LegName, LegResult>,
  idle: IdleResult | null,
  options: Options,
  python: string,
): Promise<Report> {
  return {
    ...Object.fromEntries(results),
    idleSocketKiB: idle?.idleSocketKiB ?? null,
    idleReadings: idle?.readings ?? [],
    p50Ratio: ratios(results),
    clients: options.plans.many.clients,
    payloadBytes: payload.length,
    machine: machine(),
    versions: { ...packageVersions(), ...(await peerVersions(python)) },
    drivers: { cell: 'process', edgeCell: 'process', edgeCellUnheld: 'process', edgeCellGvisor: 'gvisor' },
    quick: options.quick,
    date: new Date().toISOString(),
  };
}

/** Stops what was started, last first, down to the first `keep`. */
async function stopAll(keep: number): Promise<void> {
  for (
    let stop = stops.length > keep ? stops.pop() : undefined;
    stop;
    stop = stops.length > keep ? stops.pop() : undefined
  ) {
    await stop().catch((thrown: unknown) => console.error('while stopping:', thrown));
  }
}

function stopOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopAll(0).then(() => process.exit(130)));
  }
}

let options: Options;
try {
  options = parseOptions(process.argv.slice(2));
} catch {
  console.error(usage);
  process.exit(2);
}
stopOnSignal();
try {
  await main(options);
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 1;
} finally {
  await stopAll(0);
}
