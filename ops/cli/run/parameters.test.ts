import { describe, expect, it, test } from 'vitest';
import { joinParameters } from '../papermill-arguments.ts';
import { type Cell, type Notebook, parseNotebook } from './notebook.ts';
import { inject, readValue } from './parameters.ts';

const cell = (source: string, tags: string[] = []): Cell => ({
  cell_type: 'code',
  source,
  metadata: { tags },
});
const notebook = (cells: Cell[], language = 'python'): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'k', language } },
  cells,
});
const id = () => 'new';
const sources = ({ cells }: Notebook) => cells.map(({ source }) => source);

describe('parameters are injected', () => {
  it('right after the cell tagged parameters', () => {
    const given = notebook([cell('import os'), cell('alpha = 1', ['parameters']), cell('print(alpha)')]);
    const result = inject(given, { alpha: 0.6 }, id);
    expect(sources(result)).toEqual([
      'import os',
      'alpha = 1',
      '# Parameters\nalpha = 0.6\n',
      'print(alpha)',
    ]);
    expect(result.cells[2]).toMatchObject({ id: 'new', metadata: { tags: ['injected-parameters'] } });
  });

  it('first where no cell is tagged', () => {
    expect(sources(inject(notebook([cell('x')]), { a: 1 }, id))).toEqual(['# Parameters\na = 1\n', 'x']);
  });

  it('in place of those of an earlier run', () => {
    const once = inject(notebook([cell('d', ['parameters']), cell('x')]), { a: 1 }, id);
    expect(sources(inject(once, { a: 2 }, id))).toEqual(['d', '# Parameters\na = 2\n', 'x']);
  });

  it('and where none are given the notebook stays as it is', () => {
    const given = notebook([cell('x')]);
    expect(inject(given, {}, id)).toBe(given);
  });

  it('as values of the language, quoted so that they stay values', () => {
    const parameters = { s: 'a"b\n', t: true, n: null, l: [1, 'x'], d: { k: false } };
    expect(sources(inject(notebook([]), parameters, id))[0]).toBe(
      '# Parameters\ns = "a\\"b\\n"\nt = True\nn = None\nl = [1, "x"]\nd = {"k": False}\n',
    );
    expect(sources(inject(notebook([], 'R'), parameters, id))[0]).toContain('l = list(1, "x")');
  });

  it('never as code: a name that is no name is refused', () => {
    expect(() => inject(notebook([]), { 'x; import os': 1 }, id)).toThrow(/no name/);
    expect(() => inject(notebook([], 'cobol'), { x: 1 }, id)).toThrow(/cobol/);
  });
});

test('a value on the command line is what it looks like, as in papermill', () => {
  const texts = ['1', '-2', '0.5', '1e3', '.5', 'True', 'false', 'None', 'abc', '1.2.3', '', '007'];
  expect(texts.map(readValue)).toEqual([1, -2, 0.5, 1000, 0.5, true, false, null, 'abc', '1.2.3', '', 7]);
  expect(() => readValue('123456789012345678901')).toThrow(/exactly/);
});

test('papermill’s two words and our name=value mean the same', () => {
  expect(
    joinParameters(['run', 'a.ipynb', '-p', 'alpha', '-1', '-r', 's=x y', '-p', 'b=2', '-w', 'ws']),
  ).toEqual(['run', 'a.ipynb', '-p', 'alpha=-1', '-r', 's=x y', '-p', 'b=2', '-w', 'ws']);
});

test('a notebook keeps what we do not know, and an old one is refused in words', () => {
  const content = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { authors: ['x'] },
    cells: [{ cell_type: 'markdown', source: ['a\n', 'b'], attachments: {}, metadata: {} }],
  };
  expect(parseNotebook(content, 'n')).toMatchObject({
    metadata: { authors: ['x'] },
    cells: [{ source: 'a\nb', attachments: {} }],
  });
  expect(() => parseNotebook({ nbformat: 3, worksheets: [] }, 'n')).toThrow(/nbformat 4/);
});
