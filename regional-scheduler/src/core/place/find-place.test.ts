/** Where a job goes, against all places that there are: by what it leaves useless, then by racks, then by name. */
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { explain } from '../../records/explain.ts';
import type { Host } from '../fleet/host.ts';
import { crashed, host, Region } from '../testing/region.ts';

/** GPUs that a rack has free, counted anew. */
const freeIn = (hosts: readonly Host[], rack: string): number =>
  hosts
    .filter(({ spec, phase, reservation }) => spec.rack === rack && phase === 'up' && reservation === null)
    .reduce((sum, { free }) => sum + free, 0);

/** By their names, what each had free before. */
const seen = ({ state }: Region) =>
  state.fleet.ranked.map((one) => ({
    host: one,
    free: one.free,
    rackFree: freeIn(state.fleet.ranked, one.spec.rack),
  }));

describe('racks', () => {
  it('of two hosts that are as good the one is taken whose rack has least left', () => {
    const region = new Region();
    region.hosts(
      ...[host('a-1', { rack: 'a' }), host('a-2', { rack: 'a' })],
      ...[host('b-1', { rack: 'b' }), host('b-2', { rack: 'b' })],
    );
    const gang = () => {
      const job = region.submit({ gpus: 8 });
      region.decide();
      return job;
    };
    const [first, second] = [gang(), gang()];
    expect([region.hostOf(first), region.hostOf(second)]).toEqual(['a-1', 'a-2']);
    const third = gang();
    expect(region.hostOf(third)).toBe('b-1');
    region.started();
    // Its rack is free as a whole now: what comes next leaves it so, though it comes first by name.
    region.end(first);
    region.end(second);
    expect(region.hostOf(gang())).toBe('b-2');
  });

  it('always: no place that is as good stands in a rack that has less left, however jobs come and go', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      const region = new Region(seed);
      const names = Array.from({ length: 12 }, (_, at) => `h-${String(at).padStart(2, '0')}`);
      region.hosts(
        ...names.map((name) => host(name, { rack: `r${random.int(4)}`, gpus: random.int(2) === 0 ? 8 : 4 })),
      );
      const jobs: ReturnType<Region['submit']>[] = [];
      for (let step = 0; step < 60; step++) {
        const gpus = 1 + random.int(4);
        const before = seen(region);
        const job = region.submit({ gpus });
        const { mix } = region.state;
        const scoreOf = (at: Host, free: number) => mix.gradient(at.kind, free, gpus);
        const places = before.filter(({ host: at, free }) => free >= gpus && at.reservation === null);
        const best = Math.min(...places.map(({ host: at, free }) => scoreOf(at, free)));
        const equals = places.filter(({ host: at, free }) => scoreOf(at, free) === best);
        region.decide();
        const taken = equals.find(({ host: at }) => at.spec.hostId === region.hostOf(job));
        // Where there is none it waits, or fills a host that somebody waits for.
        if (places.length > 0)
          expect(taken?.rackFree).toBe(Math.min(...equals.map(({ rackFree }) => rackFree)));
        region.started();
        jobs.push(job);
        if (random.int(3) > 0) continue;
        const over = jobs.splice(random.int(jobs.length), 1)[0]!;
        if (region.attemptOf(over)) region.end(over);
        region.decide();
        region.started();
      }
      const counted = [...region.state.fleet.racks].map(([name, { free }]) => [name, free]);
      const hosts = region.state.fleet.ranked;
      expect(counted).toEqual(counted.map(([name]) => [name, freeIn(hosts, `${name}`)]));
    }
  });
});

describe('versions', () => {
  const staged = (region: Region, binary: string, version: string, permille = 1000) =>
    region.apply({
      ...{ type: 'version_staged', atMs: region.nowMs, binary, version, permille, because: 'a test' },
    });
  const phaseOf = ({ state }: Region, job: ReturnType<Region['submit']>) =>
    state.jobs.phaseOf(state.jobs.rowOf(job)!);

  it('a job goes where its version is, though another place leaves less useless', () => {
    const region = new Region();
    region.hosts(
      host('a', { gpus: 1, binaries: ['other@1'] }),
      host('b', { binaries: ['video@2', 'other@1'] }),
    );
    staged(region, 'video', '2');
    const job = region.submit({ binary: 'video' });
    region.decide();
    expect(region.hostOf(job)).toBe('b');
  });

  it('it waits where only others are free, keeps nobody of another binary, and goes to hosts that do not tell', () => {
    const region = new Region();
    region.hosts(host('a', { gpus: 2, binaries: ['other@1'] }), host('b', { gpus: 1 }));
    staged(region, 'video', '2');
    staged(region, 'other', '1');
    const jobs = [region.submit({ binary: 'video' }), region.submit({ binary: 'video' })];
    region.decide();
    expect(jobs.map((job) => region.hostOf(job))).toEqual(['b', null]);
    expect(explain(region.state, jobs[1]!)?.reasons).toContainEqual(
      expect.objectContaining({ code: 'turn' }),
    );
    const other = region.submit({ binary: 'other' });
    region.decide();
    expect([region.hostOf(other), phaseOf(region, jobs[1]!)]).toEqual(['a', 'queued']);
    region.hosts(host('c', { gpus: 1, binaries: ['video@2'] }));
    region.decide();
    expect(region.hostOf(jobs[1]!)).toBe('c');
  });

  it('that no host has keep a job waiting, and it is said which', () => {
    const region = new Region();
    region.hosts(host('a', { binaries: ['other@1'] }));
    staged(region, 'video', '2');
    const job = region.submit({ binary: 'video' });
    region.decide();
    const problem = 'no host has video@2 yet';
    expect(explain(region.state, job)?.reasons).toEqual([{ code: 'no_such_hardware', problem }]);
  });

  it('that are missing hold whose they are, and park none of the others of the binary', () => {
    const region = new Region();
    const before = host('a', { gpus: 24, binaries: ['video@1'] });
    region.hosts(before, host('full', { gpus: 1, binaries: ['video@2'] }));
    staged(region, 'video', '1');
    staged(region, 'video', '2', 500);
    const jobs = Array.from({ length: 16 }, () => region.submit({ binary: 'video', gpuMemoryMib: 1 }));
    const events = region.decide();
    const versions = new Set(jobs.map((job) => region.attemptOf(job)?.version));
    expect(versions).toEqual(new Set(['1', '2', undefined]));
    const held = jobs.filter((job) => phaseOf(region, job) === 'held');
    expect(events.filter(({ type }) => type === 'job_held')).toHaveLength(held.length);
    expect(jobs.filter((job) => region.hostOf(job) === null)).toEqual(held);
    expect(
      region.running().every(({ hostId, attemptId }) => {
        const { version } = region.state.attempts.get(attemptId)!;
        return region.state.fleet.hosts.get(hostId)!.binaries!.has(`video@${version}`);
      }),
    ).toBe(true);
    region.hosts({ ...before, binaries: ['video@1', 'video@2'] });
    region.nowMs += 15_000;
    region.decide();
    expect(held.map((job) => phaseOf(region, job))).toEqual(held.map(() => 'scheduled'));
  });

  it('count for who has a host reserved, too: a gang waits for one that has its version', () => {
    const region = new Region();
    region.hosts(
      ...[host('a', { gpus: 4, binaries: ['video@1'] }), host('b', { gpus: 4, binaries: ['video@2'] })],
    );
    staged(region, 'video', '2');
    staged(region, 'old', '1');
    region.hosts(host('a', { gpus: 4, binaries: ['video@1', 'old@1'] }));
    const [short, long] = [
      region.submit({ binary: 'old', runMs: 60_000 }),
      region.submit({ binary: 'video', runMs: 600_000 }),
    ];
    region.decide();
    region.started();
    const gang = region.submit({ binary: 'video', gpus: 4 });
    region.decide();
    expect([region.hostOf(short), region.hostOf(long)]).toEqual(['a', 'b']);
    expect(region.state.reservations.get(gang)?.host.spec.hostId).toBe('b');
  });

  it('comes before another rack, where it is tried again', () => {
    const region = new Region();
    const has = { binaries: ['video@2'] };
    region.hosts(host('a-1', { rack: 'a', ...has }), host('a-2', { rack: 'a', ...has }));
    staged(region, 'video', '2');
    const job = region.submit({ binary: 'video' });
    region.decide();
    region.started();
    region.hosts(host('b-1', { rack: 'b', binaries: ['video@1'] }));
    region.end(job, crashed);
    region.nowMs += 600_000;
    region.decide();
    expect(region.hostOf(job)).toBe('a-2');
  });
});
