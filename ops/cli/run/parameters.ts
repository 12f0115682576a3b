/**
 * Parameters as papermill has them (https://papermill.readthedocs.io, "Parameterize"): the first cell tagged
 * `parameters` holds the defaults; what is given is put into a cell tagged `injected-parameters` right after it,
 * or first in the notebook where there is none; an injected cell of an earlier run is replaced. Pure.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Cell, Notebook } from './notebook.ts';

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Parameters = Record<string, Value>;

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `-p name value`: the value is what it looks like, as papermill reads it; `-r` gives a string as it is. */
export function readValue(text: string): Value {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  if (text === 'None' || text === 'null') return null;
  if (/^[+-]?\d+$/.test(text)) return exactly(text);
  if (/^[+-]?(\d+\.\d*|\.?\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  return text;
}

/** A number this program would round would reach the notebook as another one. */
function exactly(text: string): number {
  if (Number.isSafeInteger(Number(text))) return Number(text);
  throw refused(`${text} is too large to be passed exactly; pass it as text (-r) and convert it there`);
}

export function inject(notebook: Notebook, parameters: Parameters, newCellId: () => string): Notebook {
  if (Object.keys(parameters).length === 0) return notebook;
  const language = languageOf(notebook);
  const injected: Cell = {
    cell_type: 'code',
    ...(hasCellIds(notebook) && { id: newCellId() }),
    metadata: { tags: ['injected-parameters'] },
    execution_count: null,
    outputs: [],
    source: `# Parameters\n${Object.entries(parameters)
      .map((each) => assign(language, ...each))
      .join('')}`,
  };
  const before = notebook.cells.findIndex((cell) => isTagged(cell, 'injected-parameters'));
  const defaults = notebook.cells.findIndex((cell) => isTagged(cell, 'parameters'));
  const cells = [...notebook.cells];
  if (before !== -1) cells.splice(before, 1, injected);
  else cells.splice(defaults + 1, 0, injected);
  return { ...notebook, cells };
}

export const isTagged = (cell: Cell, tag: string): boolean => {
  const { tags } = cell.metadata;
  return Array.isArray(tags) && tags.includes(tag);
};

export function languageOf({ metadata }: Notebook): string {
  const { kernelspec, language_info: info } = metadata;
  return String(kernelspec?.language ?? info?.name ?? 'python').toLowerCase();
}

/** Cells have ids since nbformat 4.5. */
const hasCellIds = ({ nbformat, nbformat_minor }: Notebook): boolean =>
  nbformat > 4 || (nbformat === 4 && nbformat_minor >= 5);

function assign(language: string, key: string, value: Value): string {
  if (!name.test(key)) throw refused(`"${key}" is no name of a variable`);
  if (language === 'python') return `${key} = ${pythonOf(value)}\n`;
  if (language === 'r') return `${key} = ${rOf(value)}\n`;
  throw refused(`parameters can be given to Python and R notebooks, and this one is in ${language}`);
}

function pythonOf(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, each]) => `${quoted(key)}: ${pythonOf(each)}`)
    .join(', ')}}`;
}

function rOf(value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `list(${value.map(rOf).join(', ')})`;
  return `list(${Object.entries(value)
    .map(([key, each]) => `${quoted(key)} = ${rOf(each)}`)
    .join(', ')})`;
}

/** JSON's escapes are a subset of both languages', surrogate pairs aside, which stay as they are. */
const quoted = (text: string): string => JSON.stringify(text);

const refused = (problem: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'putting parameters into the notebook',
    problem,
    next: 'See `cellbook run --help`.',
  });
