/** Two regions on real databases, and one ledger between them as the edge keeps it. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { jobQuotasOf } from '@cellbook/shared/protocol/quota.ts';
import type { BudgetAsk, BudgetTold } from '@cellbook/shared/protocol/region-asks.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GroupCommit } from '../../admission/group-commit.ts';
import { PostgresSubmissionStore } from '../../admission/postgres/postgres-submission-store.ts';
import { monthOf } from '../../admission/price.ts';
import { applicant, askerOf, noonMs, videoOf } from '../../testing/candidates.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../../testing/test-database.ts';
import { createPostgresBudgetStore } from './budget-store.ts';
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
  const granted = new Map<string, number>();
  const away = new Set<string>();
  let revision = 0;
  return {
    away,
    async settle(region: string, ask: BudgetAsk): Promise<BudgetTold> {
      if (away.has(region))
        throw new CellbookError('provider_unavailable', { doing: 'asking', problem: 'cut off' });
      const others = [...granted].reduce((sum, [of, micros]) => (of === region ? sum : sum + micros), 0);
      const grantedMicros = Math.max(ask.usedMicros, Math.min(ask.wantMicros, ask.capMicros - others));
      granted.set(region, grantedMicros);
      return { grantedMicros, revision: ++revision };
    },
  };
}

async function bed() {
  const clock = new ManualClock(noonMs);
  const book = ledger();
  const asker = askerOf(random);
  const job = () => videoOf(`number ${random.int(1_000_000)}`);
  const costs = applicant(asker, { job: job(), random }).candidate.spec.reservedMicros;
  const quotas = jobQuotasOf(asker.tier, undefined);
  const withCap = { ...quotas, organisation: { ...quotas.organisation, spendMicrosPerMonth: 10 * costs } };
  const sides = databases.map(({ database }, index) => {
    const store = new PostgresSubmissionStore(database, () => []);
    const region = regions[index]!;
    const settle = (ask: BudgetAsk) => book.settle(region, ask);
    const budgets = new RegionBudgets({ store: createPostgresBudgetStore(database), settle, clock });
    const commit = budgets.over(new GroupCommit({ store, clock }));
    const admit = async () => {
      const one = { ...applicant(asker, { job: job(), random }), quotas: withCap };
      const verdict = await commit
        .ask(one)
        .catch((error: CellbookError) => ({ kind: 'refused' as const, error }));
      return verdict.kind === 'refused' ? verdict.error.code : verdict.kind;
    };
    return { budgets, admit };
  });
  return { clock, book, asker, sides, costs };
}

it('is one sum over both, however they take turns; the last slice may lie in either', async () => {
  const { sides } = await bed();
  const verdicts = await Promise.all(Array.from({ length: 24 }, (_, at) => sides[at % 2]!.admit()));
  const stored = verdicts.filter((verdict) => verdict === 'stored').length;
  expect(stored).toBeLessThanOrEqual(10);
  expect(stored).toBeGreaterThanOrEqual(8);
  expect(new Set(verdicts)).toEqual(new Set(['stored', 'spend_cap_reached']));
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
  expect(await store.granted(of)).toBe(half);
  const other = { ...of, capMicros: 99 * costs, usedMicros: 0, wantMicros: 99 * costs };
  expect((await book.settle('us', other)).grantedMicros).toBe(0);
  await clock.advance(limits.federation.budgetLoweredMs);
  await eu.budgets.giveBack();
  expect((await book.settle('us', other)).grantedMicros).toBe(99 * costs - half);
});
