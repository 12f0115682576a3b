/**
 * `npm run bench -- resume`: how long a suspended workspace takes to be back, by each rung of the resume ladder,
 * measured through the edge (workerd) from the resume call to what the first cell printed; and, in the same run,
 * a stock jupyter_server started fresh to its first cell. Real gVisor sandboxes on host daemons (bed.ts).
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peerPython } from '../peer/environment.ts';
import { removeDirectory } from '../platform/remove-directory.ts';
import { machine } from '../report.ts';
import { bedNames, startBed } from './bed.ts';
import { measureOn } from './measure-on.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { freshPeer } from './peer.ts';
import { missing, ofBed } from './plan.ts';
import { report } from './report.ts';
import { runtimeVersion } from './runtime.ts';
import { openSamples } from './samples-file.ts';

const stops: Array<() => Promise<void>> = [];

async function main(options: Options): Promise<void> {
  const note = (line: string) => {
    if (!options.json) console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
  };
  if (options.samplesFile !== null) console.error(`samples are kept in ${options.samplesFile}`);
  const samples = await openSamples(options.samplesFile);
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-bench-'));
  stops.push(() => removeDirectory(directory));
  const python = await peerPython(note);
  for (const name of bedNames) {
    const wanted = ofBed(missing(options.counts, samples.lines), name);
    if (Object.values(wanted).every((count) => count === 0)) continue;
    const bed = await startBed(name, directory, { stops, note });
    const measuring = { samples, note, peer: () => freshPeer(python, directory) };
    await measureOn(bed, wanted, measuring);
    // For those that took another rung or failed: once more.
    await measureOn(bed, { ...ofBed(missing(options.counts, samples.lines), name), peer: 0 }, measuring);
    while (stops.length > 1) await stops.pop()?.();
  }
  await stopAll();
  const runtime = await runtimeVersion();
  console.log(JSON.stringify({ ...report(samples.lines), runtime, machine: machine() }));
}

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
