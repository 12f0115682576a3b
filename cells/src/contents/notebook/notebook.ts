/**
 * A notebook between its file and the wire, as nbformat and jupyter_server do it: read any format from 3 as
 * format 4 with texts joined and ids on cells that need them; write sorted, indented by one space, texts as
 * lines, without what only the server says (`trusted`, `signature`, `orig_nbformat`).
 */
import { createHash } from 'node:crypto';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { asNumber, isObject, type JsonObject, parseJson, writeSorted } from '../json.ts';
import { joinLines, splitIntoLines } from './lines.ts';
import { upgradeFromV3 } from './upgrade.ts';
import { validateNotebook } from './validate.ts';

/** The notebook in a file's text; throws `malformed_notebook` where jupyter_server says "Unreadable Notebook". */
export function readNotebook(text: string, path: string, random: Random): JsonObject {
  const unreadable = (problem: string, cause?: unknown) =>
    new CellbookError('malformed_notebook', {
      doing: `reading ${path}`,
      problem: `Unreadable Notebook: ${path} ${problem}`,
      next: 'Open it as text (Open With → Editor) to repair it.',
      cause,
    });
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (cause) {
    throw unreadable(`NotJSONError(${JSON.stringify(String(cause))})`, cause);
  }
  if (!isObject(parsed)) throw unreadable('it is not a JSON object');
  const major = asNumber(parsed.nbformat) ?? 1;
  if (major > 4) throw unreadable(`its format ${major} is newer than 4`);
  if (major < 3) throw unreadable(`its format ${major} is older than 3`);
  return fillIds(joinLines(major === 3 ? upgradeFromV3(parsed) : parsed), random);
}

/** The file's text. */
export function writeNotebook(notebook: JsonObject): string {
  return `${writeSorted(splitIntoLines(withoutTransient(notebook)))}\n`;
}

export function newNotebook(): JsonObject {
  return { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

/** What the client is told of an invalid notebook, or null. */
export function validationMessage(notebook: JsonObject): string | null {
  const found = validateNotebook(notebook);
  if (!found) return null;
  const instance = JSON.stringify(found.instance, null, 1) ?? 'null';
  return `Notebook validation failed: ${found.path} ${found.problem}:\n${instance}`;
}

/** Marks each code cell as its owner's or not: an untrusted cell's HTML and scripts are not run by clients. */
export function markTrusted(notebook: JsonObject, trusted: boolean): JsonObject {
  return changeCells(notebook, (cell) =>
    cell.cell_type === 'code' ? { ...cell, metadata: { ...metadataOf(cell), trusted } } : cell,
  );
}

/** True when every code cell says it is trusted, or shows nothing that could do harm. */
export function isAllTrusted(notebook: JsonObject): boolean {
  const cells = Array.isArray(notebook.cells) ? notebook.cells.filter(isObject) : [];
  return cells.every(
    (cell) => cell.cell_type !== 'code' || metadataOf(cell).trusted === true || isHarmless(cell),
  );
}

/** Names a notebook's content, whatever its trust marks say. */
export function digestOf(notebook: JsonObject): string {
  return digestOfText(writeNotebook(notebook));
}

/** The same, of a notebook's text as `writeNotebook` gives it. */
export function digestOfText(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

const harmlessTypes = new Set(['text/plain', 'image/png', 'image/jpeg']);

function isHarmless(cell: JsonObject): boolean {
  const outputs = Array.isArray(cell.outputs) ? cell.outputs.filter(isObject) : [];
  return outputs.every(({ output_type, data }) => {
    if (output_type === 'stream' || output_type === 'error') return true;
    return isObject(data) && Object.keys(data).every((type) => harmlessTypes.has(type));
  });
}

function withoutTransient(notebook: JsonObject): JsonObject {
  const { orig_nbformat: _, orig_nbformat_minor: __, ...metadata } = metadataOf(notebook);
  delete metadata.signature;
  const kept = isObject(notebook.metadata) ? { ...notebook, metadata } : notebook;
  return changeCells(kept, (cell) => {
    if (!isObject(cell.metadata) || !('trusted' in cell.metadata)) return cell;
    const { trusted: ___, ...rest } = cell.metadata;
    return { ...cell, metadata: rest };
  });
}

/** Format 4.5 wants an id on every cell; one that is missing or taken is drawn anew. */
function fillIds(notebook: JsonObject, random: Random): JsonObject {
  if ((asNumber(notebook.nbformat_minor) ?? 0) < 5) return notebook;
  const seen = new Set<unknown>();
  return changeCells(notebook, (cell) => {
    const id = cell.id === undefined || seen.has(cell.id) ? random.uuid().slice(0, 8) : cell.id;
    seen.add(id);
    return id === cell.id ? cell : { ...cell, id };
  });
}

function changeCells(notebook: JsonObject, change: (cell: JsonObject) => JsonObject): JsonObject {
  if (!Array.isArray(notebook.cells)) return notebook;
  return { ...notebook, cells: notebook.cells.map((cell) => (isObject(cell) ? change(cell) : cell)) };
}

function metadataOf(part: JsonObject): JsonObject {
  return isObject(part.metadata) ? part.metadata : {};
}
