/** The check of a host, whole, where there is no GPU: devices are simulated, everything else is what it is on a real one. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkHost } from './check-host.ts';
import { parseUse } from './watch-use.ts';

const renderer = fileURLToPath(new URL('../../examples/video-renderer', import.meta.url));
vi.setConfig({ testTimeout: 120_000 });

let directory: string;
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function check(version: string) {
  directory = mkdtempSync(join(tmpdir(), 'cellbook-check-'));
  chmodSync(directory, 0o755);
  const parameters = {
    durationSeconds: 1,
    fps: 12,
    width: 64,
    height: 64,
    steps: 2,
    segmentFrames: 3,
    frameMs: 40,
  };
  return checkHost(
    {
      ...{ hostId: hostIdSchema.parse(`check-${process.pid}`), devices: 'simulated:H200*1', directory },
      ...{ binaries: [renderer], version, parameters, fillsMemory: false },
    },
    { clock: systemClock, random: systemRandom, log: silentLogger },
  );
}

describe('the check of a host', () => {
  it('runs a job to its end, stops one in the middle and has it go on to the same frames', async () => {
    const checked = await check('1');
    expect(checked).toMatchObject({
      ...{ ok: true, problems: [], memoryUsedUp: null },
      whole: { frames: 12, use: { samples: 0 } },
      resumed: { wentOn: true, framesEqual: true },
    });
    expect(checked.resumed?.savedMs).toBeGreaterThan(0);
  });

  it('says what is not there', async () => {
    expect(await check('torch-1')).toMatchObject({
      ...{ ok: false, whole: null, problems: [expect.stringContaining('video-renderer@torch-1')] },
    });
  });

  it.each([
    ['97, 21345, 612.33\n', { utilisation: 97, memoryMib: 21_345, watts: 612.33 }],
    // Of a GPU that is cut up.
    ['[N/A], 21345, 300.10\n', { utilisation: 0, memoryMib: 21_345, watts: 300.1 }],
    ['[GPU is lost], [GPU is lost], [GPU is lost]\n', null],
    ['', null],
  ])('reads how busy a GPU is out of %j', (csv, use) => expect(parseUse(csv)).toEqual(use));
});
