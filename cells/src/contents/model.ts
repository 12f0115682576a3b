/** The contents API's model of a file, notebook or directory, as jupyter_server gives it. */
import { createHash } from 'node:crypto';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Finding } from '@cellbook/shared/protocol/findings-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { FileStat, FileTree, TreePath } from '../storage/file-tree.ts';
import { apiPath, isHidden } from './api-path.ts';
import { encodeBase64 } from './base64.ts';
import type { JsonObject } from './json.ts';
import { guessMediaType } from './media-types.ts';
import { digestOf, digestOfText, markTrusted, readNotebook, validationMessage } from './notebook/notebook.ts';

export type ModelType = 'directory' | 'file' | 'notebook';
export type TextFormat = 'text' | 'base64';

export interface Model {
  name: string;
  path: string;
  type: ModelType;
  writable: boolean;
  created: string;
  last_modified: string;
  mimetype: string | null;
  size: number | null;
  content: unknown;
  format: 'json' | TextFormat | null;
  hash: string | null;
  hash_algorithm: string | null;
  message?: string;
  /** Ours: what looks like a credential in what was saved. */
  cellbook_findings?: Finding[];
}

export interface ModelQuery {
  type: ModelType | null;
  format: TextFormat | null;
  content: boolean;
  hash: boolean;
}

export const withoutContent: ModelQuery = { type: null, format: null, content: false, hash: false };

export async function modelOf(
  tree: FileTree,
  path: TreePath,
  query: ModelQuery,
  random: Random,
): Promise<Model> {
  const stat = await tree.stat(path);
  if (!stat || isHidden(path)) throw noSuchFile(path);
  if (stat.type === 'directory') return directoryModel(tree, path, stat, query);
  if (query.type === 'directory') throw badType(`${apiPath(path)} is not a directory`);
  const model = query.hash
    ? { ...fileModel(path, stat, query), hash: await hashOf(tree, path), hash_algorithm: 'sha256' }
    : fileModel(path, stat, query);
  if (!query.content) return model;
  return model.type === 'notebook'
    ? notebookContent(tree, path, model, random)
    : fileContent(tree, path, model, query.format);
}

async function directoryModel(
  tree: FileTree,
  path: TreePath,
  stat: FileStat,
  query: ModelQuery,
): Promise<Model> {
  if (query.type !== null && query.type !== 'directory')
    throw badType(`${apiPath(path)} is a directory, not a ${query.type}`);
  const model: Model = { ...baseModel(path, stat), type: 'directory' };
  if (!query.content) return model;
  const listed = (await tree.list(path)).filter(({ name }) => !name.startsWith('.') && isListed(name));
  const content = listed.map((entry) =>
    entry.type === 'directory'
      ? { ...baseModel([...path, entry.name], entry), type: 'directory' }
      : fileModel([...path, entry.name], entry, withoutContent),
  );
  return { ...model, content, format: 'json' };
}

function fileModel(path: TreePath, stat: FileStat, query: ModelQuery): Model {
  const name = path.at(-1) ?? '';
  const isNotebook = query.type === 'notebook' || (query.type === null && name.endsWith('.ipynb'));
  const mimetype = isNotebook ? null : guessMediaType(name).type;
  return { ...baseModel(path, stat), type: isNotebook ? 'notebook' : 'file', mimetype };
}

async function notebookContent(tree: FileTree, path: TreePath, model: Model, random: Random): Promise<Model> {
  const bytes = await tree.read(path);
  const notebook: JsonObject = readNotebook(decodeText(bytes, path), apiPath(path), random);
  const message = validationMessage(notebook);
  // A file that we wrote is its own canonical text; only another's must be written anew to be named.
  const trusted =
    (await tree.isTrusted(path, digestOfText(bytes))) || (await tree.isTrusted(path, digestOf(notebook)));
  const content = markTrusted(notebook, trusted);
  return { ...model, content, format: 'json', ...(message === null ? {} : { message }) };
}

async function fileContent(
  tree: FileTree,
  path: TreePath,
  model: Model,
  wanted: TextFormat | null,
): Promise<Model> {
  const bytes = await tree.read(path);
  const text = wanted === 'base64' ? null : asText(bytes);
  if (text === null && wanted === 'text') throw notText(path);
  const format = text === null ? 'base64' : 'text';
  const usual = format === 'text' ? 'text/plain' : 'application/octet-stream';
  return { ...model, content: text ?? encodeBase64(bytes), format, mimetype: model.mimetype ?? usual };
}

function baseModel(path: TreePath, stat: FileStat): Omit<Model, 'type'> {
  return {
    name: path.at(-1) ?? '',
    path: apiPath(path),
    writable: stat.writable,
    created: isoTime(stat.createdMs),
    last_modified: isoTime(stat.modifiedMs),
    mimetype: null,
    size: stat.sizeBytes,
    ...{ content: null, format: null, hash: null, hash_algorithm: null },
  };
}

/** With microseconds, as Python writes it; a time outside the calendar is the epoch. */
export function isoTime(milliseconds: number): string {
  const date = new Date(Math.floor(milliseconds));
  if (Number.isNaN(date.getTime()) || date.getTime() < 0) return '1970-01-01T00:00:00Z';
  const micros = Math.round((milliseconds - Math.floor(milliseconds)) * 1_000);
  const fraction = date.getUTCMilliseconds() * 1_000 + Math.min(micros, 999);
  const seconds = date.toISOString().slice(0, 19);
  return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}

/** jupyter_server's `hide_globs`. */
function isListed(name: string): boolean {
  return name !== '__pycache__' && !/\.py[co]$/.test(name) && !name.endsWith('~');
}

async function hashOf(tree: FileTree, path: TreePath): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of await tree.open(path)) hash.update(part);
  return hash.digest('hex');
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function asText(bytes: Buffer): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

function decodeText(bytes: Buffer, path: TreePath): string {
  const text = asText(bytes);
  if (text === null) throw notText(path);
  return text;
}

export const noSuchFile = (path: TreePath) =>
  new CellbookError('not_found', {
    doing: 'reading contents',
    problem: `file or directory does not exist: '${apiPath(path)}'`,
  });
const badType = (problem: string) => new CellbookError('bad_request', { doing: 'reading contents', problem });
const notText = (path: TreePath) =>
  new CellbookError('bad_request', {
    doing: 'reading contents',
    problem: `${apiPath(path)} is not UTF-8 encoded`,
    next: 'Ask for it with format=base64.',
  });
