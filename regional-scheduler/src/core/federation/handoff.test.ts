import { describe, expect, it } from 'vitest';
import {
  answerOffer,
  answerWithdrawal,
  type HandoffAnswer,
  handoffRules,
  nextStep,
  restAfterRefusalMs,
} from './handoff.ts';

/**
 * All that can happen between two regions and one job: messages are lost (never delivered), repeated and late
 * (delivered again at any time), either side may be slow. What is on record survives everything.
 */
interface World {
  /** The offering region's record of the job, and how often it has offered. */
  from: 'queued' | 'spilling' | 'spilled' | 'running';
  offered: number;
  /** The other's, by number of the offer. */
  answers: (HandoffAnswer | null)[];
  to: 'nothing' | 'owns' | 'running';
  /** Everything that was ever sent. */
  sent: string[];
}

const offersMax = 3;

function successors(world: World): World[] {
  const next: World[] = [];
  const add = (change: Partial<World>) => next.push({ ...structuredClone(world), ...change });
  const send = (message: string) => [...new Set([...world.sent, message])].sort();
  const n = world.offered;
  if (world.from === 'queued') {
    add({ from: 'running' });
    if (n < offersMax) add({ from: 'spilling', offered: n + 1 });
  }
  if (world.from === 'spilling') {
    add({ sent: send(`put ${n}`) });
    add({ sent: send(`delete ${n}`) });
  }
  if (world.to === 'owns') add({ to: 'running' });
  for (const message of world.sent) {
    const [what = '', number = '', answer] = message.split(' ');
    const known = world.answers[Number(number)] ?? null;
    if (what === 'put' || what === 'delete') {
      for (const refusal of what === 'put' ? [null, 'full'] : [null]) {
        const said =
          what === 'put' ? answerOffer(known, { offeredMs: 0, nowMs: 0, refusal }) : answerWithdrawal(known);
        const answers = [...world.answers];
        answers[Number(number)] = said;
        const isNew = said.taken && !known?.taken;
        const to = isNew ? ('owns' as const) : world.to;
        add({ answers, to, sent: send(`answer ${number} ${said.taken}`) });
      }
    } else if (world.from === 'spilling' && Number(number) === n) {
      add({ from: answer === 'true' ? 'spilled' : 'queued' });
    }
  }
  return next;
}

function explore(): Map<string, { world: World; next: string[] }> {
  const first: World = { from: 'queued', offered: 0, answers: [], to: 'nothing', sent: [] };
  const seen = new Map<string, { world: World; next: string[] }>();
  const open = [first];
  for (let world = open.pop(); world; world = open.pop()) {
    const key = JSON.stringify(world);
    if (seen.has(key)) continue;
    const next = successors(world);
    seen.set(key, { world, next: next.map((one) => JSON.stringify(one)) });
    open.push(...next);
  }
  return seen;
}

describe('a job that goes from one region to another', () => {
  const all = explore();

  it('always_belongs_to_one_region_at_the_most, however messages are lost, repeated and late', () => {
    expect(all.size).toBeGreaterThan(500);
    for (const { world } of all.values()) {
      const owners = [world.from === 'queued' || world.from === 'running', world.to !== 'nothing'];
      expect(owners.filter(Boolean).length, JSON.stringify(world)).toBeLessThan(2);
      if (world.from === 'spilled') expect(world.to).not.toBe('nothing');
      expect(world.answers.filter((answer) => answer?.taken).length).toBeLessThan(2);
    }
  });

  it('eventually_runs: from wherever they are, both reachable again, there is a way to its running once', () => {
    const runs = ({ from, to }: World) => from === 'running' || to === 'running';
    const good = new Set([...all].filter(([, { world }]) => runs(world)).map(([key]) => key));
    for (let grew = true; grew; ) {
      grew = false;
      for (const [key, { next }] of all)
        if (!good.has(key) && next.some((one) => good.has(one))) grew = good.add(key).size > 0;
    }
    expect(good.size).toBe(all.size);
  });

  it('is refused when the offer is older than what is remembered of offers', () => {
    const offer = { offeredMs: 0, nowMs: handoffRules.offerMsMax + 1, refusal: null };
    expect(answerOffer(null, offer)).toMatchObject({ taken: false });
    expect(answerOffer({ taken: true, because: 'taken' }, offer)).toMatchObject({ taken: true });
    expect(handoffRules.keptMs).toBeGreaterThanOrEqual(2 * handoffRules.offerMsMax);
  });

  it('is withdrawn when nobody answers for long, or its owner wants it no more', () => {
    const job = { handoff: 1, sinceMs: 0, cancelAsked: false };
    expect(nextStep(job, 0)).toBe('offer');
    expect(nextStep(job, handoffRules.patienceMs)).toBe('withdraw');
    expect(nextStep({ ...job, cancelAsked: true }, 0)).toBe('withdraw');
  });

  it('is offered again later and later after it was refused', () => {
    const rests = [1, 2, 3, 4, 50].map(restAfterRefusalMs);
    expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, handoffRules.restMsMax]);
  });
});
