/**
 * One sample: a running workspace is suspended, brought to where the rung is the best there is, and resumed
 * through the edge; measured from the call to what its first cell printed.
 *
 * Where memory comes back the notebook's socket stays open all along, as in a tab, and its data is checked after
 * each; else the notebook is opened anew (POST /api/kernels, a socket, a cell). Which rung was really taken is
 * asked each time: a sample that took another is reported and counts for neither.
 */

import type { Bed } from './bed.ts';
import { type Notebook, nowMs, type Ran } from './notebook.ts';
import { dropPageCache } from './page-cache.ts';
import { type Rung, type RungName, rungs } from './rungs.ts';
import { type Steps, stepsOf } from './steps.ts';
import { checkCell, createSubject, fill, firstCell, nextCell, type Subject } from './subject.ts';

export interface Sample {
  wanted: RungName;
  /** As the platform names it. */
  taken: string;
  totalMs: number;
  steps: Steps;
}

export interface Sampler {
  sample(): Promise<Sample>;
}

export interface SamplerNeeds {
  subject: Subject;
  bed: Bed;
}

/** A workspace of its own, which is resumed again and again. */
export async function startSampler(name: RungName, bed: Bed): Promise<Sampler> {
  const needs = { subject: await createSubject(bed.platform, bed.person, name), bed };
  const rung = rungs[name];
  return rung.keepsMemory ? keepingSampler(name, rung, needs) : openingSampler(name, rung, needs);
}

/** For rungs that keep memory: the notebook goes on. */
async function keepingSampler(name: RungName, rung: Rung, needs: SamplerNeeds): Promise<Sampler> {
  const { subject } = needs;
  let notebook = await subject.openNotebook();
  let known = await fill(notebook);
  let count = 0;
  return {
    async sample() {
      count++;
      const sample = await measure(name, rung, needs, () => notebook.run(nextCell));
      if (sample.ran === null || sample.taken !== rung.rung) {
        // Its memory is gone with what the kernel knew.
        await notebook.close();
        notebook = await subject.openNotebook();
        [known, count] = [await fill(notebook), 0];
        return sample;
      }
      expectPrinted(sample.ran, `${count} True\n`);
      expectPrinted(await notebook.run(checkCell), `True ${known}\n`);
      return sample;
    },
  };
}

/** For rungs that do not: a notebook is opened for each. */
async function openingSampler(name: RungName, rung: Rung, needs: SamplerNeeds): Promise<Sampler> {
  const { subject } = needs;
  // It has run before, as whatever is resumed has.
  await (await subject.openNotebook()).end();
  return {
    async sample() {
      let notebook: (Notebook & { end(): Promise<void> }) | null = null;
      const sample = await measure(name, rung, needs, async () => {
        notebook = await subject.openNotebook();
        return notebook.run(firstCell);
      });
      if (sample.ran) expectPrinted(sample.ran, '42\n');
      await (notebook as (Notebook & { end(): Promise<void> }) | null)?.end();
      return sample;
    },
  };
}

async function measure(
  wanted: RungName,
  rung: Rung,
  { subject, bed }: SamplerNeeds,
  firstCellOf: () => Promise<Ran>,
): Promise<Sample & { ran: Ran | null }> {
  const { id } = subject;
  const { record } = bed;
  await subject.suspend();
  await record.settled(id, 'suspended');
  const undo = await rung.prepare({ id, bed, nudge: subject.nudge });
  if (rung.dropsPageCache) await dropPageCache();
  const before = await record.lastEntry(id);
  try {
    const calledAtMs = nowMs();
    await subject.resume();
    const ran = await firstCellOf();
    const totalMs = ran.arrivedAtMs - calledAtMs;
    await record.settled(id, 'running');
    const taken = await record.lastRung(id);
    const steps = stepsOf(await record.entriesAfter(id, before), { calledAtMs, ...ran });
    return { wanted, taken, totalMs, steps, ran };
  } finally {
    await undo();
  }
}

function expectPrinted({ printed }: Ran, expected: string): void {
  if (printed !== expected) throw new Error(`the cell printed ${printed} where ${expected} was due`);
}
