/**
 * Runs a cell once the notebook's kernel is there. JupyterLab's own executor drops what is run while the
 * kernel is still being started, which beside a local server is an instant; here the workspace may first
 * have to wake, and a cell run meanwhile shows its star and runs as soon as it can.
 */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import { INotebookCellExecutor, runCell } from '@jupyterlab/notebook';
import { kernelStarted } from './kernel-started.ts';

const plugin: JupyterFrontEndPlugin<INotebookCellExecutor> = {
  id: '@cellbook/lab:cell-executor',
  description: 'Runs cells, waiting for a kernel that is on its way.',
  autoStart: true,
  provides: INotebookCellExecutor,
  activate: () =>
    Object.freeze({
      async runCell(options: INotebookCellExecutor.IRunCellOptions): Promise<boolean> {
        if (options.sessionContext) await waitWithStar(options.cell, options.sessionContext);
        return runCell(options);
      },
    }),
};

export default plugin;

async function waitWithStar(cell: Cell, context: ISessionContext): Promise<void> {
  const waiting = kernelStarted(context);
  if (waiting === null) return;
  const { model } = cell;
  const star = (state: 'running' | 'idle') => {
    if (!cell.isDisposed && isCode(model)) model.executionState = state;
  };
  star('running');
  await waiting;
  star('idle');
}

const isCode = (model: Cell['model']): model is Cell['model'] & { executionState: 'running' | 'idle' } =>
  model.type === 'code';
