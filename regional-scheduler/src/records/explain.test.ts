import type { JobId } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { host, org, Region } from '../core/testing/region.ts';
import { explain } from './explain.ts';

const runMs = 60_000;

/** One GPU, taken; 36 jobs of three customers behind it, the second of whom counts twice. */
function line() {
  const region = new Region();
  region.hosts(host('h-1', { gpus: 1 }));
  region.apply({ type: 'customer_set', atMs: region.nowMs, orgId: org(2), weight: 2, runningMax: null });
  region.submit({ customer: 4, runMs });
  region.decide();
  region.started();
  const jobs: JobId[] = [];
  for (let round = 0; round < 12; round++)
    for (const customer of [1, 2, 3]) jobs.push(region.submit({ customer, runMs }));
  return { region, jobs };
}

/** In the order in which they start, when nobody comes any more. */
function started(region: Region): JobId[] {
  const order: JobId[] = [];
  while (region.running().length > 0) {
    region.nowMs += runMs;
    region.end(region.running()[0]!.jobId);
    for (const event of region.decide()) if (event.type === 'job_placed') order.push(event.jobId);
    region.started();
  }
  return order;
}

describe('the place in the queue', () => {
  it('is the one at which a job starts when nobody comes any more, to within who is served as much', () => {
    const { region, jobs } = line();
    const told = new Map(jobs.map((jobId) => [jobId, explain(region.state, jobId)!.place]));
    const order = started(region);
    expect(order).toHaveLength(jobs.length);
    for (const [at, jobId] of order.entries()) {
      const { position, of, ofOrganisation } = told.get(jobId)!;
      // Of four customers, one with twice the weight.
      expect(Math.abs(position - (at + 1))).toBeLessThanOrEqual(4);
      expect([of, ofOrganisation]).toEqual([36, 12]);
    }
  });

  it('of what a person waits in front of is before batch jobs, his organisation’s own too', () => {
    const { region, jobs } = line();
    const last = region.submit({ customer: 1, runMs, interactive: true });
    expect(explain(region.state, last)!.place).toMatchObject({ position: 1, positionInOrganisation: 1 });
    const batch = jobs[0]!;
    expect(explain(region.state, batch)!.place.positionInOrganisation).toBe(2);
    expect(started(region)[0]).toBe(last);
  });
});
