import { expect, it, test } from 'vitest';
import { submitJobSchema } from './protocol/job-request.ts';
import { storableJson, storedBytesOf } from './storable.ts';

const video = (task: object = {}, rest: object = {}) => ({
  task: { kind: 'video', prompt: 'a fox', ...task },
  ...rest,
});
const notebook = (source: unknown) => ({
  task: { kind: 'notebook', notebook: { nbformat: 4, cells: [{ cell_type: 'code', source }] } },
});
const half = '🦊'.slice(0, 1);
const problemOf = (job: unknown) => submitJobSchema.safeParse(job).error?.issues[0];

test.each([
  ['NUL in a prompt', video({ prompt: 'a\0b' }), 'NUL', 'task.prompt'],
  ['half a character in a prompt', video({ prompt: half }), 'half a character', 'task.prompt'],
  ['NUL in a label', video({}, { labels: { film: '\0' } }), 'NUL', 'labels.film'],
  ['half a character in a name', video({}, { name: half }), 'half a character', 'name'],
  ['NUL deep in parameters', video({ parameters: { a: [{ b: '\0' }] } }), 'NUL', 'task.parameters.a.0.b'],
  ['NUL as a parameter’s name', video({ parameters: { a: { 'b\0': 1 } } }), 'NUL', 'task.parameters.a'],
  ['half a character in a notebook', notebook([half]), 'half', 'task.notebook.cells.0.source.0'],
  ['numbers that are long when written out', notebook(Array(2_000).fill(1e308)), 'bytes', 'task.notebook'],
  ['the same below one', video({ parameters: { a: Array(100).fill(1e-300) } }), 'bytes', 'task.parameters'],
])('a job with %s is refused, and told where', (_what, job, problem, path) => {
  const issue = problemOf(job);
  expect(issue?.message).toContain(problem);
  expect(issue?.path.join('.')).toBe(path);
});

it('refuses what nests deeper than a stack without falling over it', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  expect(problemOf(notebook(deep))?.message).toContain('nests deeper');
});

it('takes whole characters, and numbers of any size', () => {
  expect(
    problemOf(video({ prompt: 'a 🦊 in the snow', parameters: { eps: 1e-8, big: 1e30 } })),
  ).toBeUndefined();
  expect(problemOf(notebook(['print("🦊")']))).toBeUndefined();
});

it('counts a number as it is written out, and text in bytes', () => {
  expect(storedBytesOf([1e3, 'é'])).toBe(11);
  expect(storedBytesOf([1e308])).toBe(311);
});

it('makes a text storable that is not, in values and in names', () => {
  expect(storableJson({ [`a\0${half}`]: [`b\0${half}`, 1, null] })).toBe('{"a\ufffd":["b\ufffd",1,null]}');
});
