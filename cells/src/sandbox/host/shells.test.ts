import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import type { ShellOf } from './isolation.ts';
import { SandboxRecords } from './records.ts';
import { Shells } from './shells.ts';

const program = `require('fs').writeSync(3, 'x'); setInterval(() => undefined, 1000);`;
const of = (pidsMax: number): ShellOf => ({
  shape: { memoryBytesMax: 1, pidsMax, home: 'slot' },
  supervisor: { directory: 'none', digest: 'none' },
});

test('one that cannot be cleaned up ends neither the next one’s making nor the drop', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-shells-'));
  const clock = new ManualClock();
  const warned: unknown[] = [];
  let isStuck = true;
  const shells = new Shells({
    ...{ clock, random: systemRandom, records: new SandboxRecords(directory) },
    about: { runtime: 'test', imageDigest: 'none' },
    isolation: {
      prepare: async () => ({ argv: [process.execPath, '-e', program], environment: {} }),
      enter: async () => '',
    },
    clear: async () => {
      if (isStuck) throw new Error('it is stuck');
    },
    log: { warn: (fields: unknown) => warned.push(fields) },
  });
  try {
    for (let pidsMax = 1; pidsMax <= limits.sandbox.shellsMax + 1; pidsMax++) {
      shells.want(of(pidsMax));
      await clock.advance(limits.sandbox.shellDelayMs);
      await expect
        .poll(() => shells.ready, { timeout: 20_000 })
        .toBe(Math.min(pidsMax, limits.sandbox.shellsMax));
    }
    await expect.poll(() => warned.length).toBe(1);
    await shells.drop();
    expect(warned.length).toBe(1 + limits.sandbox.shellsMax);
    expect(shells.ready).toBe(0);
  } finally {
    isStuck = false;
    await shells.drop();
    await rm(directory, { recursive: true, force: true });
  }
});
