/** Putting an execution's outputs into the notebook's JSON. Pure: the contents service reads and writes. */
import type { Output } from '@cellbook/shared/notebook/cell-outputs.ts';

export interface CellResult {
  cellId: string;
  /** The code that ran; finds the cell in notebooks older than 4.5, whose cells have no ids on disk. */
  source: string;
  outputs: Output[];
  executionCount: number | null;
}

export type Notebook = Record<string, unknown>;

/** The notebook with the outputs in place; null when none of the cells is in it (deleted meanwhile). */
export function placeOutputs(notebook: Notebook, results: readonly CellResult[]): Notebook | null {
  const cells = Array.isArray(notebook.cells) ? [...notebook.cells] : [];
  let isChanged = false;
  for (const { cellId, source, outputs, executionCount } of results) {
    const index = findCell(cells, cellId, source);
    if (index === -1) continue;
    cells[index] = { ...cells[index], outputs, execution_count: executionCount };
    isChanged = true;
  }
  return isChanged ? { ...notebook, cells } : null;
}

/** What the notebook has of a cell now. */
export function resultIn(
  { cells }: Notebook,
  cellId: string,
  source: string,
): Pick<CellResult, 'outputs' | 'executionCount'> {
  const list: unknown[] = Array.isArray(cells) ? cells : [];
  const cell = list[findCell(list, cellId, source)];
  if (!isCodeCell(cell)) return { outputs: [], executionCount: null };
  const outputs = Array.isArray(cell.outputs) ? (cell.outputs as Output[]) : [];
  return { outputs, executionCount: typeof cell.execution_count === 'number' ? cell.execution_count : null };
}

function findCell(cells: readonly unknown[], cellId: string, source: string): number {
  const byId = cells.findIndex((cell) => isCodeCell(cell) && cell.id === cellId);
  if (byId !== -1) return byId;
  const alike = cells.flatMap((cell, index) =>
    isCodeCell(cell) && cell.id === undefined && sourceOf(cell) === source ? [index] : [],
  );
  return alike.length === 1 ? alike[0]! : -1;
}

function isCodeCell(cell: unknown): cell is Record<string, unknown> {
  return typeof cell === 'object' && cell !== null && 'cell_type' in cell && cell.cell_type === 'code';
}

function sourceOf({ source }: Record<string, unknown>): string {
  return Array.isArray(source) ? source.join('') : String(source ?? '');
}
