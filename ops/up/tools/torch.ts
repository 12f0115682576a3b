/** The renderer of a host with real GPUs, and PyTorch, which it stands on: gigabytes, and so for such a host alone. */
import { z } from 'zod';
import type { Starting } from '../starting.ts';
import { runTool } from './run-tool.ts';

const torchSchema = z.object({ binaries: z.string() });

/** The directory with its manifest. */
export function torchRenderer({ config, progress, signal }: Starting): Promise<string> {
  const tool = {
    doing: 'preparing PyTorch for the GPUs of this machine',
    script: 'ops/images/torch.ts',
    args: [],
    env: { CELLBOOK_CACHE: config.cacheDirectory },
  };
  return progress.step('PyTorch', async (note) => {
    const line = await runTool(tool, note, signal);
    return torchSchema.parse(JSON.parse(line)).binaries;
  });
}
