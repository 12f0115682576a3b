/**
 * `npm run gpu:check [-- --json] [-- --quick]`: whether this machine's GPUs do what an agent wants of them
 * (gpu-agent/src/check). Where `nvidia-smi` answers PyTorch is installed into the cache first; where it does not nothing
 * is, and that is the answer.
 *
 * `-- --devices simulated:H200*1 --version 1` tries the same on the processor, with the renderer that needs no PyTorch.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../images/cache.ts';
import { succeeds } from '../images/command.ts';
import { ensureTorch } from '../images/torch.ts';
import { runInherited } from '../test/run-inherited.ts';
import { checkoutDirectory } from '../up/config.ts';
import { stopRequested } from '../up/stop-requested.ts';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: 'nvidia' },
    version: { type: 'string', default: 'torch-1' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const needsTorch = values.version.startsWith('torch');
if (values.devices === 'nvidia' && !(await succeeds(['nvidia-smi', '-L']))) {
  const problems = ['nvidia-smi does not answer: there is no NVIDIA GPU here, or no driver'];
  console.log(JSON.stringify({ ok: false, devices: [], problems }));
  process.exit(1);
}
const binaries = needsTorch
  ? (await ensureTorch(cacheDirectory(), (line) => console.error(line))).binaries
  : join(checkoutDirectory, 'gpu-agent/examples/video-renderer');
process.env.CELLBOOK_BINARIES = binaries;
const args = ['gpu-agent/src/check/main.ts', ...process.argv.slice(2)];
process.exit(await runInherited(process.execPath, args, checkoutDirectory, stopRequested().signal));
