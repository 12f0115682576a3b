/**
 * One workspace through many suspends and resumes, with work in its kernel in between and what may go wrong: its
 * image is stored, its controller or its host dies, before it rests, while its files are stored or meanwhile. Each time
 * its files, installed packages among them, and its variables are what they were; variables may be gone only where the
 * resume says so.
 */
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import type { CrashCell } from './crash-cell.ts';
import { endItsTime, untilStored } from './scenarios.ts';
import { createSubject, type Subject } from './subject.ts';
import { until } from './until.ts';
import { execute, startKernel } from './variables.ts';

export interface CyclesReport {
  /** How often each rung was taken; `unknown` where whoever resumed it died before it could say. */
  rungs: Record<string, number>;
  /** Resumes without variables, with what was said. */
  forgotten: string[];
  wrong: string[];
}

const troubles = [
  ...['stored', 'controller dies suspending', 'controller dies resuming'],
  ...['controller dies asleep', 'host dies asleep', 'host dies suspending', 'none'],
] as const;
type Trouble = (typeof troubles)[number];

interface Known {
  files: Map<string, string>;
  count: number;
  /** Packages that were installed, and a digest of all that they brought. */
  installed: number;
  packages: string;
}

const shownSchema = z.object({
  files: z.record(z.string(), z.string()),
  count: z.int(),
  packages: z.string(),
});
const workspaceSchema = z.object({
  phase: z.string(),
  lastRung: z.string().nullable(),
  lastResume: z.object({ missed: z.array(z.unknown()) }).nullish(),
});

export async function runCycles(
  cell: CrashCell,
  { cycles, random, tell }: { cycles: number; random: Random; tell(line: string): void },
): Promise<CyclesReport> {
  const report: CyclesReport = { rungs: {}, forgotten: [], wrong: [] };
  const subject = await createSubject(cell);
  const known: Known = { files: new Map(), count: 0, installed: 0, packages: '' };
  let kernelId = await beginAnew(cell, subject, known);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    await execute(cell, subject, kernelId, work(known, random));
    if (cycle % cyclesPerInstall === 0) await execute(cell, subject, kernelId, install(known));
    known.packages = shownSchema.parse(JSON.parse(await execute(cell, subject, kernelId, show))).packages;
    const trouble = troubles[cycle <= troubles.length ? cycle - 1 : random.int(troubles.length)] ?? 'none';
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
      if (lastResume?.missed.length) report.forgotten.push(`cycle ${cycle}, ${trouble}: ${said}`);
      else report.wrong.push(`cycle ${cycle}, ${trouble}: variables are gone and nothing says why: ${shown}`);
      kernelId = await beginAnew(cell, subject, known);
    }
    const now = isBack ? shown : await execute(cell, subject, kernelId, show);
    report.wrong.push(...differences(known, now).map((what) => `cycle ${cycle}, ${trouble}: ${what}`));
  }
  return report;
}

async function beginAnew(cell: CrashCell, subject: Subject, known: Known): Promise<string> {
  known.count = 0;
  const kernelId = await startKernel(cell, subject);
  await execute(cell, subject, kernelId, 'import json, os\ncount = 0\nkept = open("kept-open.txt", "a")');
  known.files.set('kept-open.txt', known.files.get('kept-open.txt') ?? '');
  return kernelId;
}

/** Writes, renames and deletes a few files, and counts. */
function work(known: Known, random: Random): string {
  known.count++;
  const lines = ['count += 1', 'kept.write("more"); kept.flush()'];
  known.files.set('kept-open.txt', `${known.files.get('kept-open.txt')}more`);
  for (let change = 0; change < 3; change++) {
    const others = [...known.files.keys()].filter((name) => name !== 'kept-open.txt');
    const old = others[random.int(Math.max(1, others.length))];
    const name = `f${random.int(6)}.txt`;
    const kind = old === undefined ? 0 : random.int(3);
    if (kind === 0 || old === undefined) {
      const content = random.uuid();
      known.files.set(name, content);
      lines.push(`with open("${name}", "w") as file: file.write("${content}")`);
    } else if (kind === 1) {
      known.files.set(name, known.files.get(old) ?? '');
      if (name !== old) known.files.delete(old);
      lines.push(`os.replace("${old}", "${name}")`);
    } else {
      known.files.delete(old);
      lines.push(`os.remove("${old}")`);
    }
  }
  return lines.join('\n');
}

const cyclesPerInstall = 5;

/** A package of its own, from a wheel that is made on the spot. */
function install(known: Known): string {
  const name = `made${++known.installed}`;
  return [
    'import subprocess, sys, zipfile',
    `wheel = "/tmp/${name}-1.0-py3-none-any.whl"`,
    'with zipfile.ZipFile(wheel, "w") as made:',
    `  for n in range(50): made.writestr(f"${name}/part{n}.py", f"value = {n}\\n")`,
    `  made.writestr("${name}-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: 1.0\\n")`,
    `  made.writestr("${name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")`,
    `  made.writestr("${name}-1.0.dist-info/RECORD", "")`,
    'subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--user", "--no-index", "--no-deps", wheel], check=True, capture_output=True)',
  ].join('\n');
}

const show = [
  'import hashlib, json, os',
  'digest = hashlib.sha256()',
  'for folder, folders, names in os.walk(os.path.expanduser("~/.local/lib")):',
  '  folders[:] = sorted(name for name in folders if name != "__pycache__")',
  '  for name in sorted(names):',
  '    path = os.path.join(folder, name)',
  '    digest.update(json.dumps([path, os.stat(path).st_mode, open(path, "rb").read().hex()]).encode())',
  'names = [n for n in sorted(os.listdir(".")) if n.endswith(".txt")]',
  'shown = {"files": {n: open(n).read() for n in names}, "count": globals().get("count", 0), "packages": digest.hexdigest()}',
  'print(json.dumps(shown)',
  '  if "kept" in globals() else "nothing is known")',
].join('\n');

function differences({ files, count, packages }: Known, shown: string): string[] {
  const now = shownSchema.parse(JSON.parse(shown));
  const wanted = JSON.stringify([...files].sort());
  const found = JSON.stringify(Object.entries(now.files).sort());
  return [
    ...(wanted === found ? [] : [`files are ${found} and should be ${wanted}`]),
    ...(now.packages === packages ? [] : ['what was installed is not what it was']),
    ...(now.count === count ? [] : [`it has counted to ${now.count} and not to ${count}`]),
  ];
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
  } else await ask(cell, subject, '/suspend');
  await until('it is suspended', async () => (await look(cell, subject)).phase === 'suspended');
  if (trouble === 'stored') await untilStored(cell, subject);
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
