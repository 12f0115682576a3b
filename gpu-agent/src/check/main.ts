/**
 * `node gpu-agent/src/check/main.ts [--devices nvidia|simulated:…] [--version torch-1] [--quick] [--json]`: check-host.ts on
 * this machine, configured as an agent is (CELLBOOK_BINARIES). With `--json` the last line of standard output is its
 * outcome. Anything that is not as it should be ends it with a code other than zero.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { type Checked, checkHost } from './check-host.ts';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: 'nvidia' },
    version: { type: 'string', default: 'torch-1' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const log = createLogger({ program: 'gpu-check', level: 'warn' });
/** Long enough to see a GPU busy; a processor takes as long for a twentieth of it. */
const large = {
  durationSeconds: 10,
  fps: 24,
  width: 1280,
  height: 720,
  steps: 60,
  seed: 11,
  segmentFrames: 24,
};
const small = { durationSeconds: 2, fps: 12, width: 320, height: 180, steps: 8, seed: 11, segmentFrames: 4 };

const directory = mkdtempSync(join(tmpdir(), 'cellbook-gpu-check-'));
chmodSync(directory, 0o755);
const outcome = await checkHost(
  {
    ...{ hostId: hostIdSchema.parse('gpu-check'), devices: values.devices, directory },
    binaries: (process.env.CELLBOOK_BINARIES ?? '').split(':').filter(Boolean),
    ...{ version: values.version, parameters: values.quick ? small : large },
    fillsMemory: values.devices === 'nvidia',
  },
  { clock: systemClock, random: systemRandom, log },
)
  .catch((thrown: unknown) => {
    const { message, next } = toCellbookError(thrown, 'checking this host’s GPUs');
    return { ok: false, problems: [next ? `${message} ${next}` : message] } satisfies Partial<Checked>;
  })
  .finally(() => rmSync(directory, { recursive: true, force: true }));
if (values.json) console.log(JSON.stringify(outcome));
else console.log(JSON.stringify(outcome, null, 2));
process.exit(outcome.ok ? 0 : 1);
