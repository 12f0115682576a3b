/** A kernel for as long as some work takes: its session is ended whatever happens, and so is its workspace's busyness. */
import type { Kernel } from '@jupyterlab/services';
import type { JupyterClient } from '../../client/jupyter.ts';

export async function withKernel<Result>(
  jupyter: JupyterClient,
  { name, path }: { name: string; path: string },
  work: (kernel: Kernel.IKernelConnection) => Promise<Result>,
): Promise<Result> {
  const options = { path, name: path, type: 'notebook', kernel: { name } };
  const session = await jupyter.sessions.startNew(options);
  const interrupt = () => void session.kernel?.interrupt();
  process.once('SIGINT', interrupt);
  try {
    if (!session.kernel) throw new Error('the session has no kernel');
    return await work(session.kernel);
  } finally {
    process.off('SIGINT', interrupt);
    await session.shutdown().catch(() => undefined);
    session.dispose();
    jupyter.dispose();
  }
}
