/** What a region tells its guardian of its queue, and by whom it is guarded. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { expect, it, vi } from 'vitest';
import { guardedQueue as guarded } from '../../testing/guarded-queue.ts';
import { PeerError } from '../peers.ts';

const [eu, us] = ['eu', 'us'] as [RegionId, RegionId];

const away = (): never => {
  throw new CellbookError('store_unavailable', { doing: 'keeping copies', problem: 'its store is away' });
};

it('a guardian whose store is away is let go of, though it tells how it stands', async () => {
  let isThere = true;
  const { clock, round, guardian, counted } = await guarded(1, ({ path }, copies) => {
    if (path.endsWith('status'))
      return { regionId: us, takes: true, waitMs: { free: 0, paid: 0, enterprise: 0 }, kinds: [] };
    if (!isThere) return away();
    return copies ? { missing: [] } : { released: [], taken: [] };
  });
  await round();
  expect(await guardian()).toBe(us);
  expect(counted.isUnguarded).toBe(false);
  isThere = false;
  for (let waitedMs = 0; waitedMs <= limits.federation.guardianSilentMs; waitedMs += 1_000) {
    await clock.advance(1_000);
    await round();
  }
  expect(await guardian()).toBe(null);
  expect(counted.isUnguarded).toBe(true);
  isThere = true;
  await clock.advance(limits.federation.statusEveryMs);
  await round();
  expect(await guardian()).toBe(us);
  expect(counted.isUnguarded).toBe(false);
});

it('is unguarded by one who is silent, also while the record cannot be changed', async () => {
  let isThere = true;
  const { clock, round, guard, records, counted } = await guarded(1, (_call, copies) => {
    if (!isThere) return away();
    return copies ? { missing: [] } : { released: [], taken: [] };
  });
  await round();
  isThere = false;
  vi.spyOn(records, 'ask').mockRejectedValue(new Error('no edge'));
  for (let waitedMs = 0; waitedMs < limits.federation.guardianSilentMs; waitedMs += 1_000) {
    expect(counted.isUnguarded).toBe(false);
    await clock.advance(1_000);
    await round();
  }
  expect([guard.belief?.guardian, counted.isUnguarded]).toEqual([us, true]);
  expect(guard.unheard.get(us)).toContain('its store is away');
  isThere = true;
  await clock.advance(limits.federation.statusEveryMs);
  await round();
  expect(counted.isUnguarded).toBe(false);
});

it('is not unguarded where it has lost its memory and its guardian is to claim it', async () => {
  const { round, records, counted } = await guarded(1, () => ({ missing: [] }));
  await records.ask(eu, { type: 'guard', epoch: 0, guardian: us, ttlMs: limits.federation.lostMs });
  await round();
  expect(counted.isUnguarded).toBe(false);
});

it('says that all is told once under an epoch, after all of it was acknowledged', async () => {
  const told: [number, boolean][] = [];
  let isThere = false;
  const { round, ids } = await guarded(limits.federation.copiesPerCall + 1, (_call, copies) => {
    if (copies === null) return { released: [], taken: [] };
    if (copies.epoch === 0) return { missing: [] };
    told.push([copies.jobs.length, copies.isComplete]);
    return isThere ? { missing: [] } : away();
  });
  await round();
  isThere = true;
  await round();
  await round();
  const { copiesPerCall } = limits.federation;
  expect(ids).toHaveLength(copiesPerCall + 1);
  expect(told).toEqual([
    [copiesPerCall, false],
    [copiesPerCall, false],
    [1, false],
    [0, true],
  ]);
});

it('does not say that all is told before it knows what there is', async () => {
  const told: number[] = [];
  let isClean = false;
  const { round } = await guarded(
    1,
    (_call, copies) => {
      if (copies && copies.epoch > 0) told.push(copies.jobs.length);
      return copies ? { missing: [] } : { released: [], taken: [] };
    },
    () => isClean,
  );
  await round();
  expect(told).toEqual([]);
  isClean = true;
  await round();
  expect(told).toEqual([1, 0]);
});

it('goes on with the others where the guardian cannot read one', async () => {
  const whole: JobId[] = [];
  const { round, ids, counted, guard } = await guarded(3, (_call, copies) => {
    if (!copies) return { released: [], taken: [] };
    const of = (hasContent: boolean) =>
      copies.jobs.flatMap(({ jobId, content }) => ((content !== undefined) === hasContent ? [jobId] : []));
    whole.push(...of(true).filter((jobId) => jobId !== ids[1]));
    return { missing: of(false), refused: of(true).filter((jobId) => jobId === ids[1]) };
  });
  await round();
  expect(whole.sort()).toEqual([ids[0], ids[2]].sort());
  expect([counted.refused, guard.toCopy.size]).toEqual([1, 0]);
});

it('tells again of a job to which something happens while a message tells of it', async () => {
  const told: JobId[][] = [];
  const { round, ids, guard } = await guarded(1, (_call, copies) => {
    if (!copies) return { released: [], taken: [] };
    if (copies.jobs.length > 0 && told.push(copies.jobs.map(({ jobId }) => jobId)) === 1)
      guard.toCopy.set(ids[0]!, false);
    return { missing: [] };
  });
  await round();
  expect(told).toEqual([ids, ids]);
});

it('a message that is refused as a whole keeps none of the others back, and is tried again later', async () => {
  const { copiesPerCall, refusedAgainMs } = limits.federation;
  const kept = new Set<JobId>();
  let [isBad, asked] = [true, 0];
  const bad = () => isBad && guarding.ids[7];
  const guarding = await guarded(copiesPerCall, (_call, copies) => {
    if (!copies) return { released: [], taken: [] };
    asked++;
    if (copies.jobs.some(({ jobId }) => jobId === bad())) throw new PeerError(us, 'refused', '400');
    for (const { jobId } of copies.jobs) kept.add(jobId);
    return { missing: [] };
  });
  const { round, counted, guard, clock, ids } = guarding;
  await round();
  expect([kept.size, kept.has(ids[7]!), guard.toCopy.size]).toEqual([copiesPerCall - 1, false, 0]);
  expect([counted.refused, counted.misheard > 0]).toEqual([1, true]);
  // Two for each time it is halved, one to see that not everything is refused, and a few that keep the record.
  expect(asked).toBeLessThan(2 * Math.ceil(Math.log2(copiesPerCall)) + 8);
  asked = 0;
  await round();
  expect(asked).toBe(0);
  isBad = false;
  await clock.advance(refusedAgainMs);
  await round();
  expect([kept.size, counted.refused]).toEqual([copiesPerCall, 1]);
  asked = 0;
  await round();
  expect(asked).toBe(0);
});

it('does not ask without end for a job that it has told whole and that is lacking still', async () => {
  const whole: number[] = [];
  const { round, counted, guard } = await guarded(1, (_call, copies) => {
    if (!copies) return { released: [], taken: [] };
    if (copies.jobs.some(({ content }) => content !== undefined)) whole.push(copies.jobs.length);
    return { missing: copies.jobs.map(({ jobId }) => jobId) };
  });
  await round();
  expect([whole, counted.refused, guard.toCopy.size]).toEqual([[1], 1, 0]);
});

it('goes on without a guardian whose answers cannot be read, and tries it again after minutes', async () => {
  let isUnderstood = false;
  const { clock, round, guardian, counted } = await guarded(1, (_call, copies) => {
    if (!copies) return { released: [], taken: [] };
    // The empty list that shows whether its store answers is understood all along.
    return copies.jobs.length === 0 || isUnderstood ? { missing: [] } : { missing: 'all of them' };
  });
  await round();
  expect(await guardian()).toBe(us);
  const forMs = async (ms: number) => {
    for (let waitedMs = 0; waitedMs <= ms; waitedMs += 5_000) {
      await clock.advance(5_000);
      await round();
    }
  };
  await forMs(limits.federation.guardianSilentMs);
  expect([await guardian(), counted.misheard > 0]).toEqual([null, true]);
  isUnderstood = true;
  await forMs(60_000);
  expect(await guardian()).toBe(null);
  await forMs(limits.federation.misheardAgainMs);
  expect(await guardian()).toBe(us);
});

it('is heard of while a guardian refuses each of many jobs, slowly, and goes on without that one', async () => {
  const left: number[] = [];
  const bed = await guarded(limits.federation.copiesPerCall, async (_call, copies) => {
    if (!copies) return { released: [], taken: [] };
    if (copies.jobs.length === 0) return { missing: [] };
    await bed.clock.advance(limits.federation.callMsMax);
    const { record } = await bed.records.ask(eu, null);
    left.push(record.untilMs - bed.clock.nowMs());
    throw new PeerError(us, 'refused', '500');
  });
  for (let rounds = 0; rounds === 0 || ((await bed.guardian()) !== null && rounds < 10); rounds++)
    await bed.round();
  expect(await bed.guardian()).toBe(null);
  expect(Math.min(...left)).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(50);
});

it('keeps nothing of a job that ends while its refused message is under way', async () => {
  const bed = await guarded(1, (_call, copies) => {
    if (!copies) return { released: [], taken: [] };
    if (copies.jobs.length === 0) return { missing: [] };
    bed.end(bed.ids[0]!);
    throw new PeerError(us, 'refused', '400');
  });
  await bed.round();
  expect([bed.guard.leftOut.size, bed.guard.unreadable.size, bed.counted.refused]).toEqual([0, 0, 0]);
});
