/**
 * `npm test`: the tools, the static checks, every vitest project, the supervisor's Python tests, and at the
 * end one line alone: `N passed, N failed, N skipped`. It needs nothing prepared and nothing stopped: what
 * it starts has directories and ports of its own. Files that failed are run once more by themselves
 * (second-look.ts). Arguments narrow the vitest part: `npm test -- cells/src/api`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { checkoutDirectory, platformConfig } from '../up/config.ts';
import { explain } from '../up/explain.ts';
import { cacheDirectory } from '../up/home.ts';
import { createProgress } from '../up/progress.ts';
import { stopRequested } from '../up/stop-requested.ts';
import { allTools, ensureTools } from '../up/tools/tools.ts';
import { besideChecks } from './beside.ts';
import { type Check, runCheck, staticChecks } from './checks.ts';
import { runPythonTests } from './python-tests.ts';
import { runInherited } from './run-inherited.ts';
import { afterSecondLook, worthASecondLook } from './second-look.ts';
import { strayErrorsVariable } from './stray-errors.ts';
import {
  type AllowedSkips,
  allowedSkipsSchema,
  type Report,
  reportSchema,
  type Summary,
  summarise,
  summaryLine,
} from './summary.ts';

interface Round {
  projects: string[];
  options: string[];
}

/** The edge's tests in workerd need none of the tools, and run while those are made, which is waiting, half of it. */
const whileToolsAreMade: Round = { projects: ['workerd'], options: ['--maxWorkers=1'] };

/** Whole platforms are tested after the rest, two at a time: they wait for programs to start, mostly. */
const rounds: Round[] = [
  { projects: ['node'], options: [] },
  { projects: ['e2e'], options: ['--maxWorkers=2'] },
];

const filters = process.argv.slice(2);
const { signal } = stopRequested();
const over = new AbortController();
const progress = createProgress({ clock: systemClock, output: process.stdout });
const directory = mkdtempSync(join(tmpdir(), 'cellbook-test-run-'));
const total: Summary = { passed: 0, failed: 0, skipped: 0, problems: [] };
const unsteady: string[] = [];
try {
  const early = begin(whileToolsAreMade);
  // Heard below, when the tools and the checks are through.
  early.catch(() => undefined);
  await allTools(ensureTools(progress, platformConfig(process.env), signal));
  for (const check of staticChecks) {
    signal.throwIfAborted();
    addCheck(check, await progress.step(check.name, () => runCheck(check)));
  }
  const beside = (filters.length === 0 ? besideChecks : []).map((check) => ({
    ...{ check, ended: runCheck(check, AbortSignal.any([signal, over.signal])) },
  }));
  add(await runPythonTests(checkoutDirectory));
  add(await lookAgain(whileToolsAreMade, await early));
  for (const round of rounds) add(await lookAgain(round, await begin(round)));
  for (const { check, ended } of beside) addCheck(check, await progress.step(check.name, () => ended));
  signal.throwIfAborted();
} catch (thrown) {
  add({
    passed: 0,
    failed: 1,
    skipped: 0,
    problems: [explain(thrown)],
  });
} finally {
  over.abort();
  rmSync(directory, { recursive: true, force: true });
}
for (const test of unsteady) console.log(`unsteady, failed among the others and passed alone: ${test}`);
for (const problem of total.problems) console.log(problem);
console.log(summaryLine(total));
process.exit(total.problems.length === 0 && total.failed === 0 ? 0 : 1);

function begin({ projects, options }: Round): Promise<Run> {
  const narrowed = filters.length > 0 ? ['--passWithNoTests', ...filters] : [];
  return vitest(projects, [...options, ...narrowed], 'first');
}

/** What failed is looked at again when nothing else runs. */
async function lookAgain({ projects }: Round, first: Run): Promise<Summary> {
  const files = worthASecondLook(first.report);
  if (files.length === 0 || first.strays > 0) return summed(projects, first);
  const again = await vitest(projects, ['--no-file-parallelism', ...files], 'second');
  const looked = afterSecondLook(first.report, again.report);
  unsteady.push(...looked.unsteady);
  return summed(projects, { report: looked.report, code: again.code });
}

interface Run {
  report: Report;
  code: number;
  strays: number;
}

async function vitest(projects: string[], more: string[], look: string): Promise<Run> {
  signal.throwIfAborted();
  const ended = AbortSignal.any([signal, over.signal]);
  const file = join(directory, `${projects.join('-')}-${look}.json`);
  const strays = `${file}.strays`;
  const args = ['run', ...projects.flatMap((name) => ['--project', name]), ...more];
  const reporters = ['dot', 'json', './ops/test/stray-errors.ts'].map((name) => `--reporter=${name}`);
  reporters.push(`--outputFile.json=${file}`);
  const env = {
    ...process.env,
    [strayErrorsVariable]: strays,
    // A cell that is started from its sources takes a second of a processor less; tests start some hundred programs.
    NODE_COMPILE_CACHE: join(cacheDirectory(process.env), 'node-compile-cache'),
  };
  const code = await runInherited('vitest', [...args, ...reporters], checkoutDirectory, ended, env);
  if (!existsSync(file)) throw new Error(`vitest wrote no report for ${projects.join(' and ')}`);
  const report = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { report, code, strays: Number(readFileSync(strays, 'utf8')) };
}

function summed(projects: string[], { report, code }: Omit<Run, 'strays'>): Summary {
  const summary = summarise([report], allowedSkips());
  if (code !== 0 && summary.failed === 0) {
    summary.failed++;
    summary.problems.push(`vitest ended with code ${code} for ${projects.join(' and ')}: see above`);
  }
  if (code === 0 && summary.passed === 0 && filters.length === 0)
    summary.problems.push(`no test ran for ${projects.join(' and ')}`);
  return summary;
}

function allowedSkips(): AllowedSkips {
  const path = join(checkoutDirectory, 'ops/test/allowed-skips.json');
  return allowedSkipsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

function addCheck({ name }: Check, { ok, output }: { ok: boolean; output: string }): void {
  const problems = ok ? [] : [`${name}:\n${output}`];
  add({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, problems });
}

function add(summary: Summary): void {
  total.passed += summary.passed;
  total.failed += summary.failed;
  total.skipped += summary.skipped;
  total.problems.push(...summary.problems);
}
