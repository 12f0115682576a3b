/**
 * `npm run bench -- isolation`: what isolating notebooks costs, by driver: the same platform once with plain
 * processes and once with gVisor. Start-up is a workspace without memory, from the resume call to its first cell,
 * with the steps of it that belong to the driver; overhead is the same three pieces of work inside each.
 */
import { mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { peerPython } from '../peer/environment.ts';
import { signInAtEdge } from '../platform/person.ts';
import { removeDirectory } from '../platform/remove-directory.ts';
import { startBenchPlatform } from '../platform/start.ts';
import { machine } from '../report.ts';
import { resumeRecord } from '../resume/record.ts';
import { spread } from '../resume/report.ts';
import { coldRung } from '../resume/rungs.ts';
import { runtimeVersion } from '../resume/runtime.ts';
import { openingSampler, type Sample } from '../resume/samples.ts';
import { createSubject } from '../resume/subject.ts';
import { medians, workCell, workSchema } from './work.ts';

const drivers = ['process', 'gvisor'] as const;
type Driver = (typeof drivers)[number];

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { n: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});
const n = z.coerce.number().int().min(1).max(1_000).parse(values.n);
const note = (line: string) => {
  if (!values.json) console.error(line);
};

async function measure(driver: Driver, directory: string, python: string) {
  const platform = await startBenchPlatform({ driver, directory, python, note });
  const record = resumeRecord(platform.databaseUrl);
  try {
    const subject = await createSubject(platform, await signInAtEdge(platform), driver);
    // The page cache stays: what is compared is the isolation, not the disk.
    const rung = { ...coldRung, dropsPageCache: false };
    const sampler = await openingSampler('cold', rung, { subject, record });
    const samples: Sample[] = [];
    for (let index = 0; index < n; index++) {
      const sample = await sampler.sample();
      if (sample.taken !== 'cold') throw new Error(`a resume took ${sample.taken}`);
      samples.push(sample);
      note(`${driver}: ${Math.round(sample.totalMs)} ms`);
    }
    const notebook = await subject.openNotebook();
    const work = [];
    for (let index = 0; index < n; index++)
      work.push(workSchema.parse(JSON.parse((await notebook.run(workCell)).printed)));
    const step = (name: string) => spread(samples.map(({ steps }) => steps[name] ?? 0));
    return {
      firstCell: spread(samples.map(({ totalMs }) => totalMs)),
      startSandbox: step('start_sandbox'),
      startKernel: step('wake'),
      work: medians(work),
    };
  } finally {
    await record.close();
    await platform.stop();
  }
}

const directory = await mkdtemp(join(tmpdir(), 'cellbook-isolation-'));
try {
  const python = await peerPython(note);
  const process = await measure('process', directory, python);
  const gvisor = await measure('gvisor', directory, python);
  const load = Math.round((loadavg()[0] ?? 0) * 10) / 10;
  console.log(
    JSON.stringify({ n, runtime: await runtimeVersion(), process, gvisor, machine: { ...machine(), load } }),
  );
} finally {
  await removeDirectory(directory);
}
