/**
 * Runs a notebook's code cells in order in one kernel and keeps their outputs as nbformat stores them. It stops
 * at the first cell that fails, unless the cell is tagged `raises-exception`. After each cell the notebook is
 * saved, so that what ran is there whatever happens next; should this program go away meanwhile, the platform
 * itself puts the running cell's outputs into the notebook, since every request names its cell.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellOutputs } from '@cellbook/shared/notebook/cell-outputs.ts';
import type { Kernel } from '@jupyterlab/services';
import type { Cell, Notebook } from './notebook.ts';
import { isTagged, type Parameters } from './parameters.ts';

export interface RunOutcome {
  notebook: Notebook;
  /** The cell that failed, counted from 0 among all cells; null when all went well. */
  failed: { index: number; ename: string; evalue: string; traceback: string[] } | null;
  executed: number;
}

export interface RunDeps {
  kernel: Kernel.IKernelConnection;
  clock: Clock;
  save(notebook: Notebook): Promise<void>;
  progress(index: number, count: number): void;
}

export async function runCells(deps: RunDeps, given: Notebook, parameters: Parameters): Promise<RunOutcome> {
  const { clock } = deps;
  const startedMs = clock.nowMs();
  let notebook = cleared(given);
  let failed: RunOutcome['failed'] = null;
  let executed = 0;
  const finish = (exception: boolean | null) =>
    withRecord(notebook, {
      parameters,
      ...times(startedMs, clock.nowMs()),
      exception,
    });
  for (const [index, cell] of notebook.cells.entries()) {
    if (cell.cell_type !== 'code' || cell.source.trim() === '') continue;
    deps.progress(index, notebook.cells.length);
    const ran = await runCell(deps, cell);
    executed++;
    notebook = { ...notebook, cells: notebook.cells.with(index, ran.cell) };
    if (ran.error && !isTagged(cell, 'raises-exception')) failed = { index, ...ran.error };
    notebook = finish(failed ? true : null);
    await deps.save(notebook);
    if (failed) break;
  }
  if (executed === 0) await deps.save(finish(null));
  return { notebook, failed, executed };
}

async function runCell({ kernel, clock }: RunDeps, cell: Cell) {
  const outputs = new CellOutputs();
  const startedMs = clock.nowMs();
  const metadata = { ...(cell.id !== undefined && { cellId: cell.id }) };
  const future = kernel.requestExecute({ code: cell.source, stop_on_error: true }, false, metadata);
  let error: { ename: string; evalue: string; traceback: string[] } | null = null;
  future.onIOPub = ({ header, content }) => {
    const said = content as Record<string, unknown>;
    outputs.apply(header.msg_type, said, JSON.stringify(said).length);
    if (header.msg_type === 'error') error = errorOf(said);
  };
  const { content } = await future.done;
  if (content.status !== 'ok') error ??= errorOf({ ...content });
  const record = {
    ...times(startedMs, clock.nowMs()),
    exception: error !== null,
    status: error === null ? 'completed' : 'failed',
  };
  const ran: Cell = {
    ...cell,
    outputs: outputs.outputs,
    execution_count: outputs.executionCount,
    metadata: { ...cell.metadata, papermill: record },
  };
  return { cell: ran, error };
}

/** What was there from an earlier run goes first: a cell that is not reached must not look as if it had run. */
const cleared = (notebook: Notebook): Notebook => ({
  ...notebook,
  cells: notebook.cells.map((cell) =>
    cell.cell_type === 'code' ? { ...cell, outputs: [], execution_count: null } : cell,
  ),
});

const withRecord = (notebook: Notebook, record: Record<string, unknown>): Notebook => ({
  ...notebook,
  metadata: { ...notebook.metadata, papermill: record },
});

const times = (startMs: number, endMs: number) => ({
  start_time: new Date(startMs).toISOString(),
  end_time: new Date(endMs).toISOString(),
  duration: (endMs - startMs) / 1_000,
});

function errorOf({ ename, evalue, traceback }: Record<string, unknown>) {
  return {
    ename: String(ename ?? 'Error'),
    evalue: String(evalue ?? ''),
    traceback: Array.isArray(traceback) ? traceback.map(String) : [],
  };
}
