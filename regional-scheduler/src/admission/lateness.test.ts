import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { describe, expect, it } from 'vitest';
import { Lateness } from './lateness.ts';

const { underWayMin, waitMs, retryAfterMs } = limits.jobs.late;

async function late(count: number, forMs: number) {
  const clock = new ManualClock();
  const lateness = new Lateness(clock);
  const ends = Array.from({ length: count }, () => lateness.begin());
  await clock.advance(forMs);
  const shed = () => tierSchema.options.filter((tier) => lateness.shed(tier) !== null);
  return { lateness, ends, shed };
}

describe('submissions that wait to be stored', () => {
  it('turn the free away first, then the paid, and enterprise last', async () => {
    expect((await late(underWayMin, waitMs.free)).shed()).toEqual([]);
    expect((await late(underWayMin, waitMs.free + 1)).shed()).toEqual(['free']);
    expect((await late(underWayMin, waitMs.paid + 1)).shed()).toEqual(['free', 'paid']);
    const { lateness, shed } = await late(underWayMin, waitMs.enterprise + 1);
    expect(shed()).toEqual(['free', 'paid', 'enterprise']);
    expect(lateness.shed('paid')).toEqual({ because: 'late', retryAfterMs: retryAfterMs.paid });
  });

  it('turn nobody away while they are few, however long the disk takes', async () => {
    expect((await late(underWayMin - 1, 60_000)).shed()).toEqual([]);
  });

  it('turn nobody away once the oldest are stored', async () => {
    const { lateness, ends, shed } = await late(2 * underWayMin, waitMs.free + 1);
    expect(shed()).toEqual(['free']);
    for (const end of ends.splice(0, underWayMin)) end();
    expect(shed()).toEqual(['free']);
    for (const end of ends.splice(0, 1)) end();
    expect(shed()).toEqual([]);
    for (let count = 0; count < underWayMin; count++) lateness.begin();
    for (const end of ends) end();
    expect(shed()).toEqual([]);
  });
});
