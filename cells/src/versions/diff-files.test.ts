import { limits } from '@cellbook/shared/limits.ts';
import { describe, expect, it, test } from 'vitest';
import { alignCells, type ComparedCell } from './align-cells.ts';
import { diffFiles } from './diff-files.ts';
import { similarity } from './diff-lines.ts';
import { Effort } from './effort.ts';

const aligned = (before: readonly ComparedCell[], after: readonly ComparedCell[]) =>
  alignCells(before, after, new Effort());
const cell = (source: string, id: string | null = null, type = 'code') => ({ type, id, source });
const notebook = (cells: object[], metadata: object = {}) =>
  Buffer.from(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }));
const code = (id: string, source: string, more: object = {}) => ({
  ...{ cell_type: 'code', id, source, metadata: {}, outputs: [], execution_count: null },
  ...more,
});

describe('cells are aligned', () => {
  it('by what they say, then by id, then by what they mostly say', () => {
    const before = [
      cell('import os', 'a'),
      cell('x = 1', 'b'),
      cell('one\ntwo\nthree', 'c'),
      cell('end', 'd'),
    ];
    const after = [
      cell('new', 'n'),
      cell('import os', 'z'),
      cell('x = 2', 'b'),
      cell('one\ntwo\n3', 'y'),
      cell('end', 'd'),
    ];
    expect(aligned(before, after)).toEqual([
      [null, 0],
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  it('without crossing: a cell that moved is removed here and added there', () => {
    const [a, b, c] = [cell('aaaa', 'a'), cell('bbbb', 'b'), cell('cccc', 'c')];
    const pairs = aligned([a, b, c], [c, a, b]);
    expect(pairs.filter(([from, to]) => from !== null && to !== null)).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(pairs).toContainEqual([null, 0]);
    expect(pairs).toContainEqual([2, null]);
  });

  it('each exactly once, whatever they are', () => {
    const letters = (text: string) => [...text].map((letter) => cell(letter));
    for (const [before, after] of [
      ['abcabba', 'cbabac'],
      ['', 'abc'],
      ['aaaa', 'aa'],
      ['xaxbxc', 'abcx'],
    ] as const) {
      const pairs = aligned(letters(before), letters(after));
      const [froms, tos] = [pairs.flatMap(([from]) => from ?? []), pairs.flatMap(([, to]) => to ?? [])];
      expect(froms).toEqual([...before].map((_, at) => at));
      expect(tos).toEqual([...after].map((_, at) => at));
    }
  });

  it('a text is never like a code cell', () => {
    expect(aligned([cell('same', null, 'markdown')], [cell('same')])).toEqual([
      [0, null],
      [null, 0],
    ]);
  });
});

test('a notebook is compared cell by cell: source, outputs and metadata apart', () => {
  const before = notebook([
    code('a', ['x = 1\n', 'y = 2'].join('')),
    code('b', 'print(x)', { outputs: [{ output_type: 'stream', name: 'stdout', text: '1' }] }),
    code('c', 'gone'),
  ]);
  const after = notebook(
    [
      { ...code('a', ''), source: ['x = 1\n', 'y = 3'] },
      code('b', 'print(x)', { outputs: [], metadata: { tags: ['t'] } }),
      code('d', 'entirely new'),
    ],
    { kernelspec: { name: 'r' } },
  );
  expect(diffFiles('n.ipynb', before, after)).toEqual({
    kind: 'notebook',
    metadataChanged: ['kernelspec'],
    cells: [
      {
        ...{
          op: 'changed',
          cellType: 'code',
          from: 0,
          to: 0,
          cellId: 'a',
          outputsChanged: false,
          metadataChanged: [],
        },
        source: [
          { op: 'same', text: 'x = 1\n' },
          { op: 'removed', text: 'y = 2' },
          { op: 'added', text: 'y = 3' },
        ],
      },
      {
        ...{ op: 'changed', cellType: 'code', from: 1, to: 1, cellId: 'b', source: null },
        ...{ outputsChanged: true, metadataChanged: ['tags'] },
      },
      {
        ...{
          op: 'removed',
          cellType: 'code',
          from: 2,
          to: null,
          cellId: 'c',
          outputsChanged: false,
          metadataChanged: [],
        },
        source: [{ op: 'removed', text: 'gone' }],
      },
      {
        ...{
          op: 'added',
          cellType: 'code',
          from: null,
          to: 2,
          cellId: 'd',
          outputsChanged: false,
          metadataChanged: [],
        },
        source: [{ op: 'added', text: 'entirely new' }],
      },
    ],
  });
});

test('the same notebook has no difference', () => {
  const same = notebook([code('a', 'x'), code('b', 'y')]);
  const diff = diffFiles('n.ipynb', same, same);
  expect(diff.kind === 'notebook' && diff.cells.map(({ op }) => op)).toEqual(['same', 'same']);
});

test('what only calls itself a notebook is compared as text, and what is no text by its bytes', () => {
  expect(diffFiles('n.ipynb', Buffer.from('{'), Buffer.from('{}'))).toMatchObject({ kind: 'text' });
  const image = Buffer.from([0x89, 0, 0xff]);
  expect(diffFiles('a.png', image, Buffer.from('text'))).toEqual({
    kind: 'binary',
    same: false,
    fromBytes: 3,
    toBytes: 4,
  });
});

test('texts with nothing in common, or too large, end in an answer and not in a long wait', () => {
  const lines = (from: number) => Array.from({ length: 6_000 }, (_, at) => `line ${from + at}`).join('\n');
  const diff = diffFiles('a.txt', Buffer.from(lines(0)), Buffer.from(lines(100_000)));
  expect(diff.kind === 'text' && diff.lines.map(({ op }) => op)).toEqual(['removed', 'added']);
  const huge = Buffer.alloc(limits.versions.diffBytesMax + 1, 'x');
  expect(() => diffFiles('a.txt', huge, huge)).toThrow(/more than 8 MiB/);
  const many = notebook(Array.from({ length: 5_001 }, (_, at) => code(`c${at}`, `${at}`)));
  expect(() => diffFiles('n.ipynb', many, many)).toThrow(/5000 cells/);
});

test('a notebook whose every cell is another costs no more than one text: the last cells are told whole', () => {
  const every = (say: (line: number) => string) =>
    notebook(
      Array.from({ length: 100 }, (_, at) =>
        code(`c${at}`, Array.from({ length: 200 }, (_, line) => say(line)).join('\n')),
      ),
    );
  const before = every((line) => (line % 2 === 0 ? `same ${line}` : `old ${line}`));
  const after = every((line) => (line % 2 === 0 ? `same ${line}` : `new ${line}`));
  const diff = diffFiles('n.ipynb', before, after);
  const runs = diff.kind === 'notebook' ? diff.cells.map(({ source }) => source?.length) : [];
  expect(runs[0]).toBeGreaterThan(200);
  expect(runs.at(-1)).toBe(2);
});

test('more lines than are split in a moment are not compared', () => {
  const lines = Buffer.alloc(110_000, '\n');
  expect(() => diffFiles('a.txt', lines, lines)).toThrow(/200000 lines/);
  const wide = notebook([code('a', '\n'.repeat(110_000))]);
  expect(() => diffFiles('n.ipynb', wide, wide)).toThrow(/200000 lines/);
});

test('similarity is 1 for the same, 0 for nothing in common, and counts lines by their length', () => {
  expect(similarity('a\nb', 'a\nb')).toBe(1);
  expect(similarity('aaa', 'bbb')).toBe(0);
  expect(similarity('', '')).toBe(1);
  expect(similarity('x\nx\nx', 'x')).toBeCloseTo(0.5);
});
