/**
 * `npm run bench -- resume`: how long a suspended workspace takes to be back, by each rung of the resume ladder,
 * measured through the edge (workerd) from the resume call to what the first cell printed; and, in the same run,
 * a stock jupyter_server started fresh to its first cell. One cell with one host daemon and gVisor.
 *
 * Rungs are measured in turns, the peer among them, so that drift of the machine falls on all alike.
 */
import { appendFile, mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { peerPython } from '../peer/environment.ts';
import { signInAtEdge } from '../platform/person.ts';
import { removeDirectory } from '../platform/remove-directory.ts';
import { startBenchPlatform } from '../platform/start.ts';
import { machine } from '../report.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { freshPeer } from './peer.ts';
import { resumeRecord } from './record.ts';
import { rungReports, spread, stepReports } from './report.ts';
import { type RungName, rungNames, rungs } from './rungs.ts';
import { runtimeVersion } from './runtime.ts';
import { keepingSampler, openingSampler, type Sample, type Sampler } from './samples.ts';
import { createSubject } from './subject.ts';
import { turns } from './turns.ts';

const stops: Array<() => Promise<void>> = [];

async function main(options: Options): Promise<void> {
  const note = (line: string) => {
    if (!options.json) console.error(line);
  };
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-bench-'));
  stops.push(() => removeDirectory(directory));
  const python = await peerPython(note);
  const samplers = await startSamplers(options, directory, note);
  const loads = [loadavg()[0] ?? 0];
  const samples: Sample[] = [];
  const peer: number[] = [];
  for (const turn of turns({ ...options.counts, peer: options.peerCount })) {
    if (turn === 'peer') {
      peer.push(await freshPeer(python, directory));
      note(`peer: ${Math.round(peer.at(-1) ?? 0)} ms`);
      continue;
    }
    const sample = await samplers.get(turn)?.sample();
    if (!sample) continue;
    const { wanted, taken, totalMs, steps } = sample;
    samples.push(sample);
    note(
      `${wanted}: ${Math.round(totalMs)} ms${taken === samplers.get(turn)?.rung ? '' : ` (took ${taken})`}`,
    );
    if (options.samplesFile)
      await appendFile(options.samplesFile, `${JSON.stringify({ wanted, taken, totalMs, steps })}\n`);
  }
  loads.push(loadavg()[0] ?? 0);
  await stopAll();
  console.log(
    JSON.stringify({
      n: samples.length,
      runtime: await runtimeVersion(),
      rungs: rungReports(samples),
      steps: stepReports(samples),
      peer: peer.length === 0 ? null : spread(peer),
      machine: { ...machine(), loadBeforeAndAfter: loads.map((load) => Math.round(load * 10) / 10) },
      date: new Date().toISOString(),
    }),
  );
}

type NamedSampler = Sampler & { rung: string };

/** A workspace of its own for each rung. */
async function startSamplers(
  { counts }: Options,
  directory: string,
  note: (line: string) => void,
): Promise<Map<RungName, NamedSampler>> {
  const platform = await startBenchPlatform({ driver: 'gvisor', directory, python: 'python3', note });
  stops.push(() => platform.stop());
  const person = await signInAtEdge(platform);
  const record = resumeRecord(platform.databaseUrl);
  stops.push(() => record.close());
  const samplers = new Map<RungName, NamedSampler>();
  for (const name of rungNames) {
    const rung = rungs[name];
    if (counts[name] === 0 || 'absent' in rung) continue;
    note(`making the workspace of ${name}`);
    const needs = { subject: await createSubject(platform, person, name), record };
    const sampler = rung.keepsMemory
      ? await keepingSampler(name, rung, needs)
      : await openingSampler(name, rung, needs);
    samplers.set(name, { ...sampler, rung: rung.rung });
  }
  return samplers;
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
  await main(options);
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 1;
} finally {
  await stopAll();
}
