/**
 * All samples of one platform: its rungs in turns, the peer among them, so that drift of the machine falls on all
 * alike. A sample that fails is kept as such, and its rung goes on with another workspace.
 */
import { loadavg } from 'node:os';
import { round } from '../measure/statistics.ts';
import type { Bed } from './bed.ts';
import type { Counts, Measured } from './plan.ts';
import { type RungName, rungs } from './rungs.ts';
import { type Sampler, startSampler } from './samples.ts';
import type { Line, SamplesFile } from './samples-file.ts';
import { turns } from './turns.ts';

export interface Measuring {
  samples: SamplesFile;
  /** Milliseconds of one fresh start. */
  peer(): Promise<number>;
  note(line: string): void;
}

/** Failures of one rung in a row, after which the run is given up. */
const failuresMax = 3;

export async function measureOn(bed: Bed, wanted: Counts, { samples, peer, note }: Measuring): Promise<void> {
  const samplers = new Map<RungName, Sampler>();
  const failures = new Map<Measured, number>();
  const order = turns(wanted);
  for (const [index, turn] of order.entries()) {
    const when = { at: new Date().toISOString(), load: round(loadavg()[0] ?? 0, 1) };
    const line =
      turn === 'peer'
        ? { wanted: turn, totalMs: await peer(), ...when }
        : { ...(await sampleOf(turn, bed, samplers)), ...when };
    await samples.add(line);
    note(`${index + 1} of ${order.length}: ${wordsOf(line)}`);
    const inARow = 'failed' in line ? (failures.get(turn) ?? 0) + 1 : 0;
    if (inARow === failuresMax) throw new Error(`${turn} failed ${failuresMax} times in a row`);
    failures.set(turn, inARow);
  }
}

async function sampleOf(name: RungName, bed: Bed, samplers: Map<RungName, Sampler>) {
  try {
    const sampler = samplers.get(name) ?? (await startSampler(name, bed));
    samplers.set(name, sampler);
    const { wanted, taken, totalMs, steps } = await sampler.sample();
    return { wanted, taken, totalMs, steps };
  } catch (thrown) {
    samplers.delete(name);
    return { wanted: name, failed: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function wordsOf(line: Line): string {
  if ('failed' in line) return `${line.wanted} failed: ${line.failed}`;
  const took = `${line.wanted}: ${Math.round(line.totalMs)} ms`;
  if (line.wanted === 'peer' || line.taken === rungs[line.wanted].rung) return took;
  return `${took} (took ${line.taken})`;
}
