import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { describe, expect, it } from 'vitest';
import { Lateness } from './lateness.ts';

const { underWay, waitMs, retryAfterMs } = limits.jobs.late;

async function late(count: number, forMs: number) {
  const clock = new ManualClock();
  const lateness = new Lateness(clock);
  const ends = Array.from({ length: count }, () => lateness.begin());
  await clock.advance(forMs);
  const shed = () => tierSchema.options.filter((tier) => lateness.shed(tier) !== null);
  return { lateness, ends, shed };
}

describe('submissions that wait to be stored', () => {
  it('turn the free away first, then the paid, and enterprise last, by how long they wait', async () => {
    const count = underWay.enterprise;
    expect((await late(count, waitMs.free)).shed()).toEqual([]);
    expect((await late(count, waitMs.free + 1)).shed()).toEqual(['free']);
    expect((await late(count, waitMs.paid + 1)).shed()).toEqual(['free', 'paid']);
    const { lateness, shed } = await late(count, waitMs.enterprise + 1);
    expect(shed()).toEqual(['free', 'paid', 'enterprise']);
    expect(lateness.shed('paid')).toEqual({ because: 'late', retryAfterMs: retryAfterMs.paid });
  });

  it('leave room to those above them when all stand still: however long, by how many they are', async () => {
    expect((await late(underWay.free - 1, 60_000)).shed()).toEqual([]);
    expect((await late(underWay.free, 60_000)).shed()).toEqual(['free']);
    expect((await late(underWay.paid, 60_000)).shed()).toEqual(['free', 'paid']);
    expect((await late(underWay.enterprise - 1, 60_000)).shed()).toEqual(['free', 'paid']);
    expect((await late(underWay.enterprise, 60_000)).shed()).toEqual(['free', 'paid', 'enterprise']);
  });

  it('turn nobody away once the oldest are stored', async () => {
    const { lateness, ends, shed } = await late(underWay.free, waitMs.free + 1);
    expect(shed()).toEqual(['free']);
    const [first, ...others] = ends;
    first?.();
    expect(shed()).toEqual([]);
    for (let count = 0; count < underWay.free; count++) lateness.begin();
    expect(shed()).toEqual(['free']);
    for (const end of others) end();
    expect(shed()).toEqual([]);
  });
});
