/**
 * One workspace through many suspends and resumes, with work in its kernel in between and what may go wrong: its
 * image is stored, its controller or its host dies, before it rests, while its files are stored or meanwhile. Each time
 * its files, installed packages among them, and its variables are what they were; variables may be gone only where the
 * resume says so.
 */
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import type { CrashCell } from './crash-cell.ts';
import {
  begin,
  differences,
  install,
  type Known,
  nothingKnown,
  packagesOf,
  show,
  work,
  writeLast,
} from './cycle-work.ts';
import { endItsTime, untilStored } from './scenarios.ts';
import { createSubject, type Subject } from './subject.ts';
import { until } from './until.ts';
import { execute, saysWhyLost, startKernel } from './variables.ts';

export interface CyclesReport {
  /** How often each rung was taken; `unknown` where whoever resumed it died before it could say. */
  rungs: Record<string, number>;
  /** Resumes without variables, with what was said. */
  forgotten: string[];
  wrong: string[];
}

const troubles = [
  ...['stored', 'controller dies suspending', 'controller dies resuming'],
  ...['controller dies asleep', 'host dies asleep', 'host dies suspending'],
  ...['host dies with an object half sent', 'host dies sending its image', 'none'],
] as const;
type Trouble = (typeof troubles)[number];

/** The first of five, so that a short run has one. */
const cyclesPerInstall = 5;

const workspaceSchema = z.object({
  phase: z.string(),
  lastRung: z.string().nullable(),
  lastResume: z.object({ missed: z.array(z.object({ rung: z.string(), cause: z.string() })) }).nullish(),
});

export async function runCycles(
  cell: CrashCell,
  { cycles, random, tell }: { cycles: number; random: Random; tell(line: string): void },
): Promise<CyclesReport> {
  const report: CyclesReport = { rungs: {}, forgotten: [], wrong: [] };
  const subject = await createSubject(cell);
  const known = nothingKnown();
  let kernelId = await beginAnew(cell, subject, known);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    await execute(cell, subject, kernelId, work(known, random));
    if (cycle % cyclesPerInstall === 1) await execute(cell, subject, kernelId, install(known));
    known.packages = packagesOf(await execute(cell, subject, kernelId, show));
    const trouble = troubles[cycle <= troubles.length ? cycle - 1 : random.int(troubles.length)] ?? 'none';
    await execute(cell, subject, kernelId, writeLast(known, random));
    await suspendWith(cell, subject, trouble);
    await ask(cell, subject, '/resume');
    await until('it runs again', async () => (await look(cell, subject)).phase === 'running');
    const shown = await execute(cell, subject, kernelId, show).catch((error: unknown) => String(error));
    const { lastRung, lastResume } = await look(cell, subject);
    const rung = lastRung ?? 'unknown';
    report.rungs[rung] = (report.rungs[rung] ?? 0) + 1;
    tell(`cycle ${cycle}, ${trouble}: ${rung}`);
    const isBack = shown.startsWith('{');
    if (!isBack) {
      const said = JSON.stringify(lastResume);
      if (lastResume && saysWhyLost(lastResume.missed))
        report.forgotten.push(`cycle ${cycle}, ${trouble}: ${said}`);
      else report.wrong.push(`cycle ${cycle}, ${trouble}: variables are gone and nothing says why: ${shown}`);
      kernelId = await beginAnew(cell, subject, known);
    }
    const now = isBack ? shown : await execute(cell, subject, kernelId, show);
    report.wrong.push(...differences(known, now).map((what) => `cycle ${cycle}, ${trouble}: ${what}`));
  }
  return report;
}

async function beginAnew(cell: CrashCell, subject: Subject, known: Known): Promise<string> {
  const kernelId = await startKernel(cell, subject);
  await execute(cell, subject, kernelId, begin(known));
  return kernelId;
}

/** Leaves it suspended or on its way back, with its programs running. */
async function suspendWith(cell: CrashCell, subject: Subject, trouble: Trouble): Promise<void> {
  if (trouble === 'controller dies suspending') {
    void ask(cell, subject, '/suspend');
    await until('it suspends', async () => (await look(cell, subject)).phase !== 'running');
    await restart(cell.program);
  } else if (trouble === 'host dies suspending' && cell.daemon) {
    void ask(cell, subject, '/suspend');
    await until('it suspends', async () => (await look(cell, subject)).phase !== 'running');
    await restart(cell.daemon);
  } else if (trouble === 'host dies with an object half sent' && cell.daemon) {
    await cell.daemon.arm(['objects.put.during']);
    void ask(cell, subject, '/suspend');
    if (!(await cell.daemon.dies())) throw new Error('nothing was sent to the store');
    await cell.daemon.arm([]);
    await cell.daemon.start();
  } else await ask(cell, subject, '/suspend');
  await until('it is suspended', async () => (await look(cell, subject)).phase === 'suspended');
  if (trouble === 'stored' || trouble === 'host dies sending its image') await untilStored(cell, subject);
  // It is sent as soon as it is stored.
  if (trouble === 'host dies sending its image' && cell.daemon) await restart(cell.daemon);
  if (trouble === 'controller dies asleep') await restart(cell.program);
  if (trouble === 'host dies asleep' && cell.daemon) {
    await endItsTime(cell, subject);
    await restart(cell.daemon);
  }
  if (trouble === 'controller dies resuming') {
    void ask(cell, subject, '/resume');
    await until('it resumes', async () => (await look(cell, subject)).phase !== 'suspended');
    await restart(cell.program);
  }
}

/** Whoever is asked may die before it has answered. */
const ask = (cell: CrashCell, { user, id }: Subject, path: string) =>
  cell.call(user, 'POST', `/v1/workspaces/${id}${path}`).catch(() => null);

async function restart(program: CrashCell['program']): Promise<void> {
  await program.kill();
  await program.start();
}

async function look(cell: CrashCell, { user, id }: Subject) {
  return workspaceSchema.parse((await cell.call(user, 'GET', `/v1/workspaces/${id}`)).body);
}
