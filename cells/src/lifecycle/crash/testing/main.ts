/**
 * `npm run crash`: every case of the crash matrix on real parts, and a table of them.
 * `-- --json` prints `{cases, passed, count, steps, stepsWanted, seconds, failures}` as the last line, `--only <text>` takes the
 * cases whose name contains it, `--brief` the controller's death at every step, and one of each other sort, without memory
 * (all of them take half an hour), `--driver gvisor|process` runs all of them on one.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { stepCasesWanted } from '../cases.ts';
import { casesToTry, runMatrix, stepCasesWithoutMemory } from './matrix.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    brief: { type: 'boolean', default: false },
    driver: { type: 'string' },
  },
});
const driver = z.enum(['gvisor', 'process']).optional().parse(values.driver);
const startedMs = performance.now();
const results = await runMatrix({
  ...{ only: values.only, brief: values.brief },
  ...(driver && { driver }),
  tell: ({ name, wrong }) => {
    process.stdout.write(`${wrong.length === 0 ? 'passed' : 'FAILED'}  ${name}\n`);
    for (const text of wrong) process.stdout.write(`        ${text}\n`);
  },
});
const failures = results.filter(({ wrong }) => wrong.length > 0);
const tried = casesToTry(values);
const passed = tried.filter(({ name }) =>
  results.some((result) => result.name === name && result.wrong.length === 0),
);
const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
const count = tried.length;
const steps = tried.filter(({ kind }) => kind === 'step').length;
process.stdout.write(`${passed.length} of ${count} cases passed (${steps} at steps) in ${seconds} s\n`);
if (values.json) {
  const summary = { cases: tried.map(({ name }) => name), passed: passed.length, count, steps };
  const isWhole = values.only === '';
  const wanted = values.brief ? stepCasesWithoutMemory() : stepCasesWanted();
  const stepsWanted = isWhole ? wanted : steps;
  process.stdout.write(`${JSON.stringify({ ...summary, stepsWanted, seconds, failures })}\n`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
