/** Waits until a notebook has its first kernel, or it is known that it gets none for now. */
import type { ISessionContext } from '@jupyterlab/apputils';

/** As much of a signal as is needed here. */
interface Signal {
  connect(slot: () => void): boolean;
  disconnect(slot: () => void): boolean;
}

export interface StartingContext
  extends Pick<ISessionContext, 'kernelDisplayStatus' | 'isDisposed' | 'ready'> {
  statusChanged: Signal;
  kernelChanged: Signal;
  sessionChanged: Signal;
  disposed: Signal;
}

/** Null when there is nothing to wait for. Never rejects: a start that fails ends the wait. */
export function kernelStarted(context: StartingContext): Promise<void> | null {
  const isStarting = () => !context.isDisposed && context.kernelDisplayStatus === 'initializing';
  if (!isStarting()) return null;
  const signals = [context.statusChanged, context.kernelChanged, context.sessionChanged, context.disposed];
  return new Promise((resolve) => {
    const check = () => {
      if (isStarting()) return;
      for (const signal of signals) signal.disconnect(check);
      resolve();
    };
    for (const signal of signals) signal.connect(check);
    // A failed start may emit nothing that leads here, but always settles this.
    context.ready.then(check, check);
  });
}
