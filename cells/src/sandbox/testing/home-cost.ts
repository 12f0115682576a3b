/**
 * What a home costs whoever waits for it: made and mounted when it is needed, and taken of those made ahead, in turns,
 * so that drift of the machine falls on both alike. Each is released and its successor made before the next is timed.
 *
 *     node cells/src/sandbox/testing/home-cost.ts [EACH]
 *
 * prints medians and ranges in milliseconds, and the load. Needs root and loop devices.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { LoopHomes } from '../quota/loop-homes.ts';
import { SpareHomes } from '../quota/spare-homes.ts';

const diskBytesMax = 1024 ** 3;
const each = z.coerce
  .number()
  .int()
  .min(1)
  .max(1_000)
  .parse(process.argv[2] ?? 20);

const directory = await mkdtemp(join(tmpdir(), 'cellbook-home-cost-'));
const clock = new ManualClock();
const parts = { directory, diskBytesMax, clock, random: systemRandom, log: silentLogger };
const spares = await SpareHomes.open(parts);
const ways = { needed: new LoopHomes(directory), ahead: new LoopHomes(directory, spares) };
const took: Record<keyof typeof ways, number[]> = { needed: [], ahead: [] };

for (let round = 0; round < each; round++) {
  for (const way of ['needed', 'ahead'] as const) {
    await clock.advance(limits.sandbox.spareHomeDelayMs);
    await spares.settled();
    const workspaceId = newWorkspaceId(systemRandom);
    const begunMs = systemClock.monotonicMs();
    await ways[way].prepareHome(workspaceId, diskBytesMax);
    took[way].push(systemClock.monotonicMs() - begunMs);
    await ways[way].releaseHome(workspaceId);
  }
}
await ways.ahead.close();
await rm(directory, { recursive: true, force: true });

for (const [way, ms] of Object.entries(took)) {
  const [least = 0, median = 0, most = 0] = [0, Math.floor(each / 2), each - 1].map(
    (at) => ms.toSorted((a, b) => a - b)[at],
  );
  process.stdout.write(
    `${JSON.stringify({ way, each, median, least, most, load: loadavg()[0] }, (_key, value: unknown) =>
      typeof value === 'number' ? Math.round(value * 10) / 10 : value,
    )}\n`,
  );
}
