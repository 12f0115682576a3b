/** How two versions of a file differ: a notebook cell by cell, a text line by line, anything else by its size. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { CellDiff, FileDiff } from '@cellbook/shared/protocol/versions-api.ts';
import { z } from 'zod';
import { alignCells } from './align-cells.ts';
import { all, diffLines } from './diff-lines.ts';
import { Effort } from './effort.ts';

const textSchema = z
  .union([z.string(), z.array(z.string())])
  .transform((text) => (typeof text === 'string' ? text : text.join('')));
const cellSchema = z.looseObject({
  cell_type: z.string(),
  id: z.string().nullable().default(null),
  source: textSchema.default(''),
  metadata: z.record(z.string(), z.unknown()).default({}),
  outputs: z.array(z.unknown()).default([]),
});
const notebookSchema = z.looseObject({
  metadata: z.record(z.string(), z.unknown()).default({}),
  cells: z.array(cellSchema),
});
type Notebook = z.infer<typeof notebookSchema>;
type Cell = z.infer<typeof cellSchema>;

export interface Compared {
  path: string;
  before: Uint8Array;
  after: Uint8Array;
}

/** Throws `too_large` for what no thread should be kept busy with. */
export function assertComparable({ path, before, after }: Compared): void {
  const { diffBytesMax } = limits.versions;
  if (before.length > diffBytesMax || after.length > diffBytesMax)
    throw tooLarge(path, `${diffBytesMax / 1024 ** 2} MiB`);
}

/** Throws `too_large`. */
export function diffFiles(path: string, before: Buffer, after: Buffer): FileDiff {
  assertComparable({ path, before, after });
  const [from, to] = [textOf(before), textOf(after)];
  if (from === null || to === null)
    return { kind: 'binary', same: before.equals(after), fromBytes: before.length, toBytes: after.length };
  const notebooks = path.endsWith('.ipynb') ? [notebookOf(from), notebookOf(to)] : [];
  const [earlier, later] = notebooks;
  if (earlier && later) return diffNotebooks(path, earlier, later);
  assertFewLines(path, [from, to]);
  return { kind: 'text', lines: diffLines(from, to, new Effort()) };
}

function assertFewLines(path: string, texts: readonly string[]): void {
  const { diffLinesMax } = limits.versions;
  let lines = 0;
  for (const text of texts)
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
      if (++lines > diffLinesMax) throw tooLarge(path, `${diffLinesMax} lines together`);
}

function diffNotebooks(path: string, before: Notebook, after: Notebook): FileDiff {
  if (before.cells.length > limits.versions.diffCellsMax || after.cells.length > limits.versions.diffCellsMax)
    throw tooLarge(path, `${limits.versions.diffCellsMax} cells`);
  assertFewLines(
    path,
    [before, after].flatMap(({ cells }) => cells.map(({ source }) => source)),
  );
  const compared = ({ cell_type: type, id, source }: Cell) => ({ type, id, source });
  const effort = new Effort();
  const pairs = alignCells(before.cells.map(compared), after.cells.map(compared), effort);
  const cells = pairs.map(([from, to]) =>
    diffCell(
      from,
      from === null ? undefined : before.cells[from],
      to,
      to === null ? undefined : after.cells[to],
      effort,
    ),
  );
  return { kind: 'notebook', cells, metadataChanged: changedNames(before.metadata, after.metadata) };
}

function diffCell(
  from: number | null,
  before: Cell | undefined,
  to: number | null,
  after: Cell | undefined,
  effort: Effort,
): CellDiff {
  const shown = after ?? before;
  const place = { from, to, cellId: shown?.id ?? null, cellType: shown?.cell_type ?? '' };
  if (!before || !after) {
    const op = before ? ('removed' as const) : ('added' as const);
    return { op, ...place, source: all(op, shown?.source ?? ''), outputsChanged: false, metadataChanged: [] };
  }
  const source = before.source === after.source ? null : diffLines(before.source, after.source, effort);
  const outputsChanged = !isDeepStrictEqual(before.outputs, after.outputs);
  const metadataChanged = changedNames(before.metadata, after.metadata);
  const isSame =
    source === null &&
    !outputsChanged &&
    metadataChanged.length === 0 &&
    before.cell_type === after.cell_type;
  return { op: isSame ? 'same' : 'changed', ...place, source, outputsChanged, metadataChanged };
}

function changedNames(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).sort();
}

function textOf(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function notebookOf(text: string): Notebook | null {
  try {
    return notebookSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const tooLarge = (path: string, limit: string): CellbookError =>
  new CellbookError('too_large', {
    doing: `comparing two versions of ${path}`,
    problem: `files of more than ${limit} are not compared here`,
    next: 'Read both versions and compare them on your machine.',
  });
