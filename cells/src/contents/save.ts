/** Saving: what PUT puts at a path, and what POST makes under a name of ours. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { FileTree, TreePath, VersionMark } from '../storage/file-tree.ts';
import { decodeBase64 } from './base64.ts';
import { isObject } from './json.ts';
import { type Model, type ModelType, modelOf, noSuchFile, withoutContent } from './model.ts';
import { withFreeName } from './names.ts';
import {
  digestOfText,
  isAllTrusted,
  newNotebook,
  validationMessage,
  writeNotebook,
} from './notebook/notebook.ts';
import type { ModelBody } from './request-body.ts';

export interface SaveTools {
  tree: FileTree;
  random: Random;
  /** How a save is kept as a version. */
  version: VersionMark;
  /** Told of each whole file that was written, once it is durable. */
  written?(path: TreePath, bytes: Uint8Array): void;
}

/** An unknown type counts as `file`, as in jupyter_server. */
export function knownType(type: string | null | undefined): ModelType | null {
  if (type === undefined || type === null || type === '') return null;
  return type === 'directory' || type === 'notebook' ? type : 'file';
}

export async function saveModel(
  tools: SaveTools,
  path: TreePath,
  body: ModelBody,
  options: { isNew: boolean; ifAbsent?: boolean },
): Promise<Model> {
  const type = knownType(body.type) ?? (options.isNew ? defaultType(path) : null);
  if (type === null) throw bad('No file type provided');
  if (type === 'directory') return saveDirectory(tools, path);
  const content = body.content ?? (options.isNew ? defaultContent(type) : undefined);
  if (content === undefined) throw bad('No file content provided');
  const format = body.content === undefined ? 'text' : body.format;
  if (type === 'notebook') return saveNotebook(tools, path, content, options);
  const bytes = contentBytes(content, format);
  if (body.chunk !== null && body.chunk !== undefined) return saveChunk(tools, path, body.chunk, bytes);
  await tools.tree.write(path, bytes, { ...options, version: tools.version });
  tools.written?.(path, bytes);
  return modelOf(tools.tree, path, withoutContent, tools.random);
}

const untitled = { directory: 'Untitled Folder', notebook: 'Untitled.ipynb', file: 'untitled' };

export async function saveUntitled(
  tools: SaveTools,
  folder: TreePath,
  body: ModelBody | null,
): Promise<Model> {
  const parent = await tools.tree.stat(folder);
  if (parent?.type !== 'directory') throw noSuchFile(folder);
  const extension = body?.ext ?? '';
  const type = knownType(body?.type) ?? (extension === '.ipynb' ? 'notebook' : 'file');
  const name = type === 'file' ? untitled.file + checkExtension(extension) : untitled[type];
  const fresh: ModelBody = { type, content: undefined };
  return withFreeName(
    name,
    type === 'directory' ? ' ' : '',
    async (candidate) => (await tools.tree.stat([...folder, candidate])) !== null,
    (candidate) => saveModel(tools, [...folder, candidate], fresh, { isNew: true, ifAbsent: true }),
  );
}

async function saveDirectory({ tree, random }: SaveTools, path: TreePath): Promise<Model> {
  const stat = await tree.stat(path);
  if (stat && stat.type !== 'directory') throw bad(`Not a directory: ${path.join('/')}`);
  if (!stat) await tree.makeDirectory(path);
  return modelOf(tree, path, withoutContent, random);
}

async function saveNotebook(
  { tree, random, version, written }: SaveTools,
  path: TreePath,
  content: unknown,
  options: { ifAbsent?: boolean },
): Promise<Model> {
  if (!isObject(content))
    throw new CellbookError('malformed_notebook', {
      doing: 'saving a notebook',
      problem: 'the content is not a notebook',
      next: 'Send the notebook as a JSON object.',
    });
  const text = writeNotebook(content);
  const trusting = isAllTrusted(content) ? { trustAs: digestOfText(text) } : {};
  const bytes = Buffer.from(text);
  await tree.write(path, bytes, { ...options, ...trusting, version });
  written?.(path, bytes);
  // A notebook always has a checkpoint to go back to.
  if ((await tree.listCheckpoints(path)).length === 0) await tree.createCheckpoint(path);
  const model = await modelOf(tree, path, { ...withoutContent, type: 'notebook' }, random);
  const message = validationMessage(content);
  return message === null ? model : { ...model, message };
}

async function saveChunk(
  { tree, random, version }: SaveTools,
  path: TreePath,
  chunk: number,
  bytes: Buffer,
): Promise<Model> {
  if (chunk === -1) {
    await tree.finishUpload(path, bytes, { version });
    return modelOf(tree, path, withoutContent, random);
  }
  const sofar = await tree.uploadChunk(path, chunk, bytes);
  const named: FileTree = { ...tree, stat: async () => sofar };
  return modelOf(named, path, withoutContent, random);
}

const defaultType = (path: TreePath): ModelType => (path.at(-1)?.endsWith('.ipynb') ? 'notebook' : 'file');
const defaultContent = (type: ModelType): unknown => (type === 'notebook' ? newNotebook() : '');

function contentBytes(content: unknown, format: string | null | undefined): Buffer {
  if (format !== 'text' && format !== 'base64')
    throw bad("Must specify format of file contents as 'text' or 'base64'");
  if (typeof content !== 'string') throw bad('the content of a file must be a string');
  if (format === 'base64') return decodeBase64(content);
  if (!content.isWellFormed()) throw bad('Encoding error: the text holds half a character');
  return Buffer.from(content, 'utf8');
}

function checkExtension(extension: string): string {
  if (extension.includes('/') || extension.includes('\0')) throw bad('the extension is not a part of a name');
  return extension;
}

const bad = (problem: string) => new CellbookError('bad_request', { doing: 'saving contents', problem });
