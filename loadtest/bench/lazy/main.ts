/**
 * `npm run bench -- lazy`: how long a workspace of 20 GiB takes to its first cell on a host that has none of it, over a
 * link of 1 Gb/s and 20 ms between the platform and its S3 server. A platform of its own with gVisor and one host daemon,
 * measured through the edge. The last line is the result.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signedIn } from '../platform/person.ts';
import { removeDirectory } from '../platform/remove-directory.ts';
import { startBenchPlatform } from '../platform/start.ts';
import { machine } from '../report.ts';
import { objectsAt, startObjectServer } from '../resume/object-server.ts';
import { resumeRecord } from '../resume/record.ts';
import { runtimeVersion } from '../resume/runtime.ts';
import { createSubject } from '../resume/subject.ts';
import { operator, tierSetter } from '../resume-load/people.ts';
import { fill, refuseWithoutRoom } from './fill.ts';
import { measureLink, startLink } from './link.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { report } from './report.ts';
import { type LazySample, type Sampling, sampleOf, suspendAndForget } from './sample.ts';
import { foldersOf, shapeOf, sum } from './shape.ts';

const stops: Array<() => Promise<void>> = [];
const poolSize = 2;
/** A small workspace is to come as it is read, too. */
const lazyAboveMebibytes = (gib: number): number => Math.min(2_048, Math.floor(gib * 512));

async function main(options: Options): Promise<void> {
  const note = (line: string) => {
    if (!options.json) console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
  };
  const files = shapeOf(options.gib);
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-lazy-'));
  stops.push(() => removeDirectory(directory));
  await refuseWithoutRoom(directory, sum(files));
  const shape = { mbps: options.mbps, rttMs: options.rtt };
  const measuredLink = await measureLink(shape);
  note(`the link: ${measuredLink.mbps} Mb/s, ${measuredLink.rttMs} ms`);
  const { sampling, objectsUrl } = await startSampling(options, directory, note);
  const { subject, platform } = sampling;
  // It has run before, as whatever is resumed has.
  await (await subject.openNotebook()).end();
  await suspendAndForget(sampling);
  const { databaseUrl } = platform;
  note(`storing ${files.length} files of ${options.gib} GiB`);
  const filled = await fill({ workspaceId: subject.id, databaseUrl, objectsUrl, files, stops });
  note(`stored in ${filled.seconds} s`);
  const unpacked = await sampleOf(sampling);
  note(`stored as uploads are, no host having had it: ${wordsOf(unpacked)}`);
  await suspendAndForget(sampling);
  const samples: LazySample[] = [];
  while (samples.length < options.n) {
    const sample = await sampleOf(sampling);
    samples.push(sample);
    note(`${samples.length} of ${options.n}: ${wordsOf(sample)}`);
    await suspendAndForget(sampling);
  }
  await stopAll();
  const { n, ...measured } = report(samples);
  const link = { ...shape, measuredMbps: measuredLink.mbps, measuredRttMs: measuredLink.rttMs };
  const workspace = { files: files.length, folders: foldersOf(files), bytes: filled.bytes };
  const before = { firstCellMs: Math.round(unpacked.totalMs), fetchedBytes: unpacked.fetchedBytes };
  const made = { beforeAnyHostHadIt: before, workspace, storedInSeconds: filled.seconds };
  const about = { runtime: await runtimeVersion(), machine: machine(), date: new Date().toISOString() };
  console.log(JSON.stringify({ n, gib: options.gib, link, ...measured, ...made, ...about }));
}

async function startSampling(options: Options, directory: string, note: (line: string) => void) {
  const server = await startObjectServer(join(directory, 's3'));
  stops.push(() => server.stop());
  const link = await startLink(server.port, { mbps: options.mbps, rttMs: options.rtt });
  stops.push(() => link.stop());
  const hasPool = options.rung === 'files';
  const settings = {
    CELLBOOK_OBJECTS: objectsAt(link.port),
    CELLBOOK_POOL: hasPool ? String(poolSize) : 'off',
    CELLBOOK_LAZY_ABOVE_MIB: String(lazyAboveMebibytes(options.gib)),
  };
  const platform = await startBenchPlatform({
    ...({ driver: 'gvisor', directory, python: 'python3', settings, operator, note } as const),
  });
  stops.push(() => platform.stop());
  const record = resumeRecord(platform.databaseUrl, poolSize);
  stops.push(() => record.close());
  const { token, me } = await signedIn(platform.url, 'data@example.org');
  // Free people may store less than this.
  await (await tierSetter(platform.url))(me.orgId, 'enterprise');
  const headers = { authorization: `token ${token}` };
  const person = { edgeHeaders: async () => headers, cellHeaders: async () => ({}) };
  const subject = await createSubject(platform, person, 'lazy');
  const sampling: Sampling = { platform, record, subject, link, hasPool };
  return { sampling, objectsUrl: server.url };
}

const wordsOf = ({ taken, totalMs, readMs, fetchedBytes, load }: LazySample): string =>
  `${taken}: ${Math.round(totalMs)} ms, read ${Math.round(readMs)} ms, ${Math.round(fetchedBytes.byFirstCell / 1024)} KiB by the first cell, load ${load}`;

let stopping: Promise<void> | null = null;

/** In one flight: a signal comes while the run itself fails by it. */
function stopAll(): Promise<void> {
  stopping ??= (async () => {
    for (let stop = stops.pop(); stop; stop = stops.pop())
      await stop().catch((thrown: unknown) => console.error('while stopping:', thrown));
  })();
  return stopping;
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
  await main(options);
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 1;
} finally {
  await stopAll();
}
