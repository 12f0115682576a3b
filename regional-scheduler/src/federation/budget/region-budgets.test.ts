/** Two regions on real databases, and one ledger between them as the edge keeps it. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { jobQuotasOf } from '@cellbook/shared/protocol/quota.ts';
import type { BudgetAsk, BudgetTold } from '@cellbook/shared/protocol/region-asks.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GroupCommit } from '../../admission/group-commit.ts';
import { Lateness } from '../../admission/lateness.ts';
import { PostgresSubmissionStore } from '../../admission/postgres/postgres-submission-store.ts';
import { monthOf } from '../../admission/price.ts';
import { applicant, askerOf, noonMs, videoOf } from '../../testing/candidates.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../../testing/test-database.ts';
import { createPostgresBudgetStore, holderOf } from './budget-store.ts';
import { RegionBudgets } from './region-budgets.ts';

const random = seededRandom(8);
const regions = ['eu', 'us'] as const;
let databases: SchedulerTestDatabase[];
beforeAll(async () => {
  databases = await Promise.all(regions.map(() => createSchedulerTestDatabase()));
});
afterAll(() => Promise.all(databases.map((one) => one.drop())));

/** As edge/src/regions/budgets.ts does it, which has tests of its own. */
function ledger() {
  const granted = new Map<string, BudgetTold>();
  const away = new Set<string>();
  const answered = new Map<string, Promise<void>>();
  /** Those of before users' caps. */
  const old = new Set<string>();
  let revision = 0;
  return {
    ...{ away, old },
    /** Until when a region's asks are on their way. */
    answered,
    async settle(region: string, ask: BudgetAsk): Promise<BudgetTold> {
      await answered.get(region);
      if (away.has(region))
        throw new CellbookError('provider_unavailable', { doing: 'asking', problem: 'cut off' });
      if (old.has(region) && ask.userId !== undefined)
        throw new CellbookError('not_found', { doing: 'asking', problem: 'there is no such page' });
      const holder = `${holderOf(ask)} `;
      const key = holder + region;
      const own = granted.get(key) ?? { grantedMicros: 0, revision: 0 };
      const { usedMicros, wantMicros, capMicros, givenBackOf } = ask;
      if (givenBackOf !== undefined && givenBackOf !== own.revision) return own;
      let others = 0;
      for (const [of, { grantedMicros }] of granted)
        if (of !== key && of.startsWith(holder)) others += grantedMicros;
      const more = Math.min(Math.max(wantMicros, own.grantedMicros), capMicros - others);
      const grantedMicros =
        givenBackOf === undefined
          ? Math.max(usedMicros, more)
          : Math.min(own.grantedMicros, Math.max(usedMicros, wantMicros));
      const told = { grantedMicros, revision: ++revision };
      granted.set(key, told);
      return told;
    },
  };
}

async function bed(jobs = 10, jobsOfUser = jobs) {
  const clock = new ManualClock(noonMs);
  const book = ledger();
  const asker = askerOf(random);
  const job = () => videoOf(`number ${random.int(1_000_000)}`);
  const costs = applicant(asker, { job: job(), random }).candidate.spec.reservedMicros;
  const quotas = jobQuotasOf(asker.tier, undefined);
  const withCap = {
    organisation: { ...quotas.organisation, spendMicrosPerMonth: jobs * costs },
    user: { ...quotas.user, spendMicrosPerMonth: jobsOfUser * costs },
  };
  const sides = databases.map(({ database }, index) => {
    const store = new PostgresSubmissionStore(database, () => []);
    const region = regions[index]!;
    const asks: BudgetAsk[] = [];
    const settle = (ask: BudgetAsk) => {
      asks.push(ask);
      return book.settle(region, ask);
    };
    const budgets = new RegionBudgets({ store: createPostgresBudgetStore(database), settle, clock });
    const lateness = new Lateness(clock);
    const commit = budgets.over(lateness.over(new GroupCommit({ store, clock })));
    const admit = async (who = asker) => {
      const one = { ...applicant(who, { job: job(), random }), quotas: withCap };
      const verdict = await commit
        .ask(one)
        .catch((error: CellbookError) => ({ kind: 'refused' as const, error }));
      return verdict.kind === 'refused' ? verdict.error.code : verdict.kind;
    };
    return { budgets, admit, asks, lateness };
  });
  return { clock, book, asker, sides, costs, caps: withCap };
}

it('is one sum over both, however they take turns; the last slice may lie in either', async () => {
  const { sides } = await bed();
  const verdicts = await Promise.all(Array.from({ length: 24 }, (_, at) => sides[at % 2]!.admit()));
  const stored = verdicts.filter((verdict) => verdict === 'stored').length;
  expect(stored).toBeLessThanOrEqual(10);
  expect(stored).toBeGreaterThanOrEqual(8);
  expect(new Set(verdicts)).toEqual(new Set(['stored', 'spend_cap_reached']));
});

it('so is a user’s own, and another of his organisation has his', async () => {
  const { sides, asker } = await bed(40, 10);
  const [eu, us] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const verdicts = await Promise.all(Array.from({ length: 24 }, (_, at) => sides[at % 2]!.admit()));
  const stored = verdicts.filter((verdict) => verdict === 'stored').length;
  expect(stored).toBeLessThanOrEqual(10);
  expect(stored).toBeGreaterThanOrEqual(8);
  expect(new Set(verdicts)).toEqual(new Set(['stored', 'spend_cap_reached']));
  const colleague = { ...asker, userId: askerOf(random).userId };
  expect([await eu.admit(colleague), await us.admit(colleague)]).toEqual(['stored', 'stored']);
});

it('of a user nothing is asked where his cap is no less than his organisation’s', async () => {
  const { sides } = await bed(10, 10);
  const [eu] = sides as [(typeof sides)[0]];
  expect(await eu.admit()).toBe('stored');
  expect(eu.asks.map(({ userId }) => userId)).toEqual([undefined]);
});

it('what is used without being asked for is told, and not granted elsewhere when it begins to count', async () => {
  const { book, asker, sides, costs } = await bed(10, 10);
  const [eu] = sides as [(typeof sides)[0]];
  expect([await eu.admit(), await eu.admit()]).toEqual(['stored', 'stored']);
  await eu.budgets.giveBack();
  const { orgId, userId } = asker;
  const of = { orgId, userId, month: monthOf(noonMs) };
  // From now on his cap is below his organisation's.
  const cap = { capMicros: 9 * costs, wantMicros: 9 * costs, usedMicros: 0 };
  expect((await book.settle('us', { ...of, ...cap })).grantedMicros).toBe(7 * costs);
  const his = () => eu.asks.filter((one) => one.userId === userId).length;
  expect(his()).toBe(1);
  await eu.budgets.giveBack();
  expect(his()).toBe(1);
});

it('the region that asks first for a user has the others tell what he has used there', async () => {
  const { asker, sides, costs, caps } = await bed(10, 10);
  const [eu, us] = sides as [(typeof sides)[0], (typeof sides)[0]];
  expect([await us.admit(), await us.admit(), await us.admit()]).toEqual(['stored', 'stored', 'stored']);
  // From now on his cap is below his organisation's.
  caps.user.spendMicrosPerMonth = 5 * costs;
  eu.budgets.beginsElsewhere = (of) => us.budgets.begins(of);
  const verdicts = [];
  for (let at = 0; at < 4; at++) verdicts.push(await eu.admit());
  expect(verdicts).toEqual(['stored', 'stored', 'spend_cap_reached', 'spend_cap_reached']);
  expect(us.asks.filter(({ userId }) => userId === asker.userId)).toMatchObject([{ usedMicros: 3 * costs }]);
});

it('an edge of before users’ caps leaves each region its own, and is seldom asked', async () => {
  const { clock, book, sides } = await bed(40, 3);
  const [eu] = sides as [(typeof sides)[0]];
  book.old.add('eu');
  const verdicts = [];
  for (let at = 0; at < 4; at++) verdicts.push(await eu.admit());
  expect(verdicts).toEqual(['stored', 'stored', 'stored', 'spend_cap_reached']);
  const ofUsers = () => eu.asks.filter(({ userId }) => userId !== undefined).length;
  expect(ofUsers()).toBe(1);
  await clock.advance(limits.federation.usersAloneMs);
  expect(await eu.admit()).toBe('spend_cap_reached');
  expect(ofUsers()).toBe(2);
});

it('of a small cap no more than a small share stays where it is not used', async () => {
  const { clock, book, asker, sides } = await bed();
  const [eu] = sides as [(typeof sides)[0]];
  const of = { orgId: asker.orgId, month: monthOf(noonMs) };
  const all = { ...of, capMicros: 5_000_000, wantMicros: 5_000_000, usedMicros: 0 };
  await createPostgresBudgetStore(databases[0]!.database).write(of, await book.settle('eu', all));
  for (let hours = 0; hours < 8; hours++) {
    await eu.budgets.giveBack();
    await clock.advance(limits.federation.budgetLoweredMs);
  }
  expect((await book.settle('us', all)).grantedMicros).toBeGreaterThan(4_900_000);
});

it('what a user does not use goes back too, and nothing of his organisation’s by it', async () => {
  const { clock, book, asker, sides, costs } = await bed(99, 50);
  const [eu] = sides as [(typeof sides)[0]];
  await eu.admit();
  const { orgId, userId } = asker;
  const store = createPostgresBudgetStore(databases[0]!.database);
  const of = { orgId, userId, month: monthOf(noonMs) };
  const whole = { ...of, capMicros: 50 * costs, wantMicros: 50 * costs, usedMicros: costs };
  await store.write(of, await book.settle('eu', whole));
  await eu.budgets.giveBack();
  const half = costs + Math.floor((49 * costs) / 2);
  expect(await store.granted(of)).toMatchObject({ grantedMicros: half });
  await clock.advance(limits.federation.budgetLoweredMs);
  await eu.budgets.giveBack();
  const other = { ...whole, usedMicros: 0 };
  expect((await book.settle('us', other)).grantedMicros).toBe(50 * costs - half);
});

it('is not passed by a region that is cut off: it spends what it has, and then says that it cannot ask', async () => {
  const { book, sides } = await bed();
  const [eu, us] = sides as [(typeof sides)[0], (typeof sides)[0]];
  expect(await eu.admit()).toBe('stored');
  book.away.add('eu');
  const cutOff = [];
  for (let at = 0; at < 12; at++) cutOff.push(await eu.admit());
  expect(new Set(cutOff)).toEqual(new Set(['quota_unavailable']));
  const others = [];
  for (let at = 0; at < 12; at++) others.push(await us.admit());
  expect(others.filter((verdict) => verdict === 'stored').length).toBeLessThanOrEqual(9);
  expect(others).toContain('spend_cap_reached');
});

it('what is not used goes back by halves, here first', async () => {
  const { clock, book, asker, sides, costs } = await bed();
  const [eu] = sides as [(typeof sides)[0]];
  await eu.admit();
  const store = createPostgresBudgetStore(databases[0]!.database);
  const of = { orgId: asker.orgId, month: monthOf(noonMs) };
  await store.write(
    of,
    await book.settle('eu', { ...of, capMicros: 99 * costs, wantMicros: 99 * costs, usedMicros: costs }),
  );
  await eu.budgets.giveBack();
  const half = costs + Math.floor((98 * costs) / 2);
  expect(await store.granted(of)).toMatchObject({ grantedMicros: half });
  const other = { ...of, capMicros: 99 * costs, usedMicros: 0, wantMicros: 99 * costs };
  expect((await book.settle('us', other)).grantedMicros).toBe(0);
  await clock.advance(limits.federation.budgetLoweredMs);
  await eu.budgets.giveBack();
  expect((await book.settle('us', other)).grantedMicros).toBe(99 * costs - half);
});

it('what was asked for again since is not given back', async () => {
  const { clock, book, asker, sides, costs } = await bed(99);
  const [eu] = sides as [(typeof sides)[0]];
  expect(await eu.admit()).toBe('stored');
  const store = createPostgresBudgetStore(databases[0]!.database);
  const of = { orgId: asker.orgId, month: monthOf(noonMs) };
  const all = { ...of, capMicros: 99 * costs, wantMicros: 99 * costs, usedMicros: costs };
  await store.write(of, await book.settle('eu', all));
  await eu.budgets.giveBack();
  // More than it was lowered to, so that more was asked for.
  const burst = await Promise.all(Array.from({ length: 60 }, () => eu.admit()));
  expect(new Set(burst)).toEqual(new Set(['stored']));
  await clock.advance(limits.federation.budgetLoweredMs);
  await eu.budgets.giveBack();
  const other = { ...of, capMicros: 99 * costs, usedMicros: 0, wantMicros: 99 * costs };
  expect((await book.settle('us', other)).grantedMicros).toBe(0);
});

it('who leads no more gives nothing back that he had lowered', async () => {
  const { clock, book, asker, sides, costs } = await bed(99);
  const [eu] = sides as [(typeof sides)[0]];
  await eu.admit();
  const store = createPostgresBudgetStore(databases[0]!.database);
  const of = { orgId: asker.orgId, month: monthOf(noonMs) };
  const all = { ...of, capMicros: 99 * costs, wantMicros: 99 * costs, usedMicros: costs };
  await store.write(of, await book.settle('eu', all));
  await eu.budgets.giveBack();
  eu.budgets.keepRest();
  await clock.advance(limits.federation.budgetLoweredMs);
  const other = { ...of, capMicros: 99 * costs, usedMicros: 0, wantMicros: 99 * costs };
  await eu.budgets.giveBack();
  expect((await book.settle('us', other)).grantedMicros).toBe(0);
});

it('who waits for the edge is not late, and turns nobody away', async () => {
  const { clock, book, sides } = await bed();
  const [eu] = sides as [(typeof sides)[0]];
  const answered = Promise.withResolvers<void>();
  book.answered.set('eu', answered.promise);
  const waiting = Array.from({ length: limits.jobs.late.underWay.enterprise }, () => eu.admit());
  await expect.poll(() => eu.asks.length).toBe(1);
  await clock.advance(limits.jobs.late.waitMs.enterprise + 1);
  expect(eu.lateness.shed('free')).toBe(null);
  answered.resolve();
  expect(await Promise.all(waiting)).toContain('stored');
});

it('after an ask that was not answered nobody waits for another, for a while', async () => {
  const { clock, book, sides } = await bed();
  const [eu] = sides as [(typeof sides)[0]];
  book.away.add('eu');
  expect(await eu.admit()).toBe('quota_unavailable');
  book.away.delete('eu');
  expect(await eu.admit()).toBe('quota_unavailable');
  expect(eu.asks).toHaveLength(1);
  await clock.advance(limits.federation.budgetFailedMs);
  expect(await eu.admit()).toBe('stored');
});

it('what another instance was granted meanwhile is there for this one too', async () => {
  const { book, asker, sides, costs } = await bed();
  const [eu] = sides as [(typeof sides)[0]];
  expect(await eu.admit()).toBe('stored');
  const of = { orgId: asker.orgId, month: monthOf(noonMs) };
  const all = { ...of, capMicros: 10 * costs, wantMicros: 10 * costs, usedMicros: costs };
  await createPostgresBudgetStore(databases[0]!.database).write(of, await book.settle('eu', all));
  expect(await eu.admit()).toBe('stored');
  expect(eu.asks.at(-1)).toMatchObject({ wantMicros: 10 * costs });
});
