/**
 * A notebook on disk keeps long texts as lists of lines, so that it diffs well; in memory and on the wire
 * they are one string. Which values: cell sources, markdown attachments and outputs of text types.
 */
import { isObject, type JsonObject } from '../json.ts';

type Change = (value: unknown) => unknown;

const join: Change = (value) =>
  Array.isArray(value) && value.every((line) => typeof line === 'string') ? value.join('') : value;
const split: Change = (value) => (typeof value === 'string' ? splitLines(value) : value);

/** What ends a line for Python's splitlines, which nbformat uses; `\r\n` is one end. */
const lineEnds = new Set([...'\n\r\v\f\u0085\u2028\u2029', '\x1c', '\x1d', '\x1e']);

/** Lines with their ends. */
export function splitLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (!lineEnds.has(text.charAt(at))) continue;
    if (text.startsWith('\r\n', at)) at++;
    lines.push(text.slice(start, at + 1));
    start = at + 1;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

export const joinLines = (notebook: JsonObject): JsonObject => changeTexts(notebook, join);
export const splitIntoLines = (notebook: JsonObject): JsonObject => changeTexts(notebook, split);

function changeTexts(notebook: JsonObject, change: Change): JsonObject {
  if (!Array.isArray(notebook.cells)) return notebook;
  return {
    ...notebook,
    cells: notebook.cells.map((cell) => (isObject(cell) ? changeCell(cell, change) : cell)),
  };
}

function changeCell(cell: JsonObject, change: Change): JsonObject {
  const changed = { ...cell };
  if ('source' in cell) changed.source = change(cell.source);
  if (isObject(cell.attachments))
    changed.attachments = mapValues(cell.attachments, (one) => changeBundle(one, change));
  if (Array.isArray(cell.outputs))
    changed.outputs = cell.outputs.map((output) =>
      isObject(output) ? changeOutput(output, change) : output,
    );
  return changed;
}

function changeOutput(output: JsonObject, change: Change): JsonObject {
  if (output.output_type === 'stream')
    return 'text' in output ? { ...output, text: change(output.text) } : output;
  return 'data' in output ? { ...output, data: changeBundle(output.data, change) } : output;
}

const isJsonType = (type: string): boolean =>
  type === 'application/json' || /^application\/.*\+json$/.test(type);

function changeBundle(bundle: unknown, change: Change): unknown {
  if (!isObject(bundle)) return bundle;
  return mapValues(bundle, (value, type) => (isJsonType(type) ? value : change(value)));
}

export function mapValues(object: JsonObject, change: (value: unknown, key: string) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
