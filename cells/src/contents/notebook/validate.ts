/**
 * Whether a notebook obeys nbformat 4 (its JSON schema, minors 0 to 5): the first violation as a path and
 * a sentence, or null. An invalid notebook is still served and saved; the client is told with `message`.
 */
import { asNumber, isObject, type JsonObject } from '../json.ts';

export interface Violation {
  path: string;
  problem: string;
  instance: unknown;
}

export function validateNotebook(notebook: JsonObject): Violation | null {
  const minor = asNumber(notebook.nbformat_minor);
  return (
    need(notebook, 'notebook', ['metadata', 'nbformat_minor', 'nbformat', 'cells']) ??
    extra(notebook, 'notebook', ['metadata', 'nbformat_minor', 'nbformat', 'cells']) ??
    must(isObject(notebook.metadata), 'notebook.metadata', "is not of type 'object'", notebook.metadata) ??
    must(
      isCount(notebook.nbformat_minor),
      'notebook.nbformat_minor',
      'is not a whole number',
      notebook.nbformat_minor,
    ) ??
    must(Array.isArray(notebook.cells), 'notebook.cells', "is not of type 'array'", notebook.cells) ??
    firstOf(notebook.cells, (cell, at) => validateCell(cell, `notebook.cells[${at}]`, minor ?? 0)) ??
    (minor !== null && minor >= 5 ? duplicateId(notebook.cells) : null)
  );
}

const cellKeys: Record<string, { need: string[]; may: string[] }> = {
  raw: { need: ['metadata', 'source'], may: ['attachments'] },
  markdown: { need: ['metadata', 'source'], may: ['attachments'] },
  code: { need: ['metadata', 'source', 'outputs', 'execution_count'], may: [] },
};

function validateCell(cell: unknown, path: string, minor: number): Violation | null {
  if (!isObject(cell)) return violation(path, "is not of type 'object'", cell);
  const keys = typeof cell.cell_type === 'string' ? cellKeys[cell.cell_type] : undefined;
  if (!keys) return violation(path, 'is not valid under any of the given schemas', cell);
  const id = minor >= 5 ? ['id'] : [];
  return (
    need(cell, path, ['cell_type', ...keys.need, ...id]) ??
    extra(cell, path, ['cell_type', ...keys.need, ...keys.may, ...id]) ??
    must(isObject(cell.metadata), `${path}.metadata`, "is not of type 'object'", cell.metadata) ??
    must(isText(cell.source), `${path}.source`, 'is neither text nor a list of lines', cell.source) ??
    (minor >= 5 ? must(isCellId(cell.id), `${path}.id`, 'is no cell id', cell.id) : null) ??
    (cell.cell_type === 'code' ? validateCode(cell, path) : null)
  );
}

function validateCode(cell: JsonObject, path: string): Violation | null {
  const { execution_count: count, outputs } = cell;
  return (
    must(count === null || isCount(count), `${path}.execution_count`, 'is neither null nor a count', count) ??
    must(Array.isArray(outputs), `${path}.outputs`, "is not of type 'array'", outputs) ??
    firstOf(outputs, (output, at) => validateOutput(output, `${path}.outputs[${at}]`))
  );
}

const outputKeys: Record<string, string[]> = {
  stream: ['name', 'text'],
  display_data: ['data', 'metadata'],
  execute_result: ['data', 'metadata', 'execution_count'],
  error: ['ename', 'evalue', 'traceback'],
};

function validateOutput(output: unknown, path: string): Violation | null {
  if (!isObject(output)) return violation(path, "is not of type 'object'", output);
  const keys = typeof output.output_type === 'string' ? outputKeys[output.output_type] : undefined;
  if (!keys) return violation(path, 'is not valid under any of the given schemas', output);
  return (
    need(output, path, keys) ??
    extra(output, path, ['output_type', ...keys]) ??
    must(
      !('text' in output) || isText(output.text),
      `${path}.text`,
      'is neither text nor lines',
      output.text,
    ) ??
    must(
      !('data' in output) || isObject(output.data),
      `${path}.data`,
      "is not of type 'object'",
      output.data,
    ) ??
    must(
      !('traceback' in output) || isTextList(output.traceback),
      `${path}.traceback`,
      'is no list of text',
      output.traceback,
    )
  );
}

function duplicateId(cells: unknown): Violation | null {
  const seen = new Set<unknown>();
  return firstOf(cells, (cell, at) => {
    if (!isObject(cell)) return null;
    if (seen.has(cell.id)) return violation(`notebook.cells[${at}].id`, 'is not unique', cell.id);
    seen.add(cell.id);
    return null;
  });
}

function firstOf(items: unknown, check: (item: unknown, at: number) => Violation | null): Violation | null {
  if (!Array.isArray(items)) return null;
  for (const [at, item] of items.entries()) {
    const found = check(item, at);
    if (found) return found;
  }
  return null;
}

function need(object: JsonObject, path: string, keys: string[]): Violation | null {
  const missing = keys.find((key) => !(key in object));
  return missing ? violation(path, `'${missing}' is a required property`, object) : null;
}

function extra(object: JsonObject, path: string, keys: string[]): Violation | null {
  const other = Object.keys(object).find((key) => !keys.includes(key));
  return other
    ? violation(path, `Additional properties are not allowed ('${other}' was unexpected)`, object)
    : null;
}

const must = (holds: boolean, path: string, problem: string, instance: unknown): Violation | null =>
  holds ? null : violation(path, problem, instance);
const violation = (path: string, problem: string, instance: unknown): Violation => ({
  path,
  problem,
  instance,
});
const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((line) => typeof line === 'string');
const isText = (value: unknown): boolean => typeof value === 'string' || isTextList(value);
const isCellId = (value: unknown): boolean =>
  typeof value === 'string' && /^[a-zA-Z0-9-_]{1,64}$/.test(value);

function isCount(value: unknown): boolean {
  const count = asNumber(value);
  return count !== null && Number.isInteger(count) && count >= 0;
}
