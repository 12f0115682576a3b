/**
 * An organisation's spend cap is one sum over regions. Each region spends only what it was granted of it by the edge
 * (edge/src/regions/budgets.ts), a slice at a time, so that a region that is cut off spends at the most what it has:
 *
 *     admit: granted covers it ─▶ stored            (what is granted is the cap that the store judges by)
 *            it does not ─▶ ask for used + this + a slice ─▶ granted more: judged again
 *                                                          └ not: the cap is reached │ not answered: come again
 *     hourly: half of what is not used is given back: here first, at the edge when nothing that was judged before is
 *             still being stored
 *
 * What is given up: the last slices of a cap may lie in a region that does not use them, for hours; a job that moves to
 * another region, and the next run of a repeated task, are counted there and not asked for, so that a cap may be passed
 * by those; the cap of a user is each region's own.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { BudgetAsk, BudgetTold } from '@cellbook/shared/protocol/region-asks.ts';
import type { GroupCommit } from '../../admission/group-commit.ts';
import { monthOf } from '../../admission/price.ts';
import type { BudgetStore } from './budget-store.ts';

export interface RegionBudgetsDeps {
  store: BudgetStore;
  /** At the edge. */
  settle(ask: BudgetAsk): Promise<BudgetTold>;
  clock: Clock;
}

interface Cap {
  orgId: OrgId;
  month: string;
  capMicros: number;
}

interface Asking {
  neededMicros: number;
  isSent: boolean;
  /** Whether more was granted. */
  answer: Promise<boolean>;
}

export class RegionBudgets {
  readonly #deps: RegionBudgetsDeps;
  readonly #known = new Map<string, { monoMs: number; granted: Promise<number> }>();
  readonly #asking = new Map<string, Asking>();
  /** Lowered here, and not yet told. */
  #lowered: { ask: BudgetAsk; atMs: number }[] = [];

  constructor(deps: RegionBudgetsDeps) {
    this.#deps = deps;
  }

  /** Judges by what is granted, and asks for more where that is used up. */
  over(commit: Pick<GroupCommit, 'ask'>): Pick<GroupCommit, 'ask'> {
    return {
      ask: async (applicant) => {
        const { spec } = applicant.candidate;
        const { organisation } = applicant.quotas;
        const cap = {
          ...{ orgId: spec.orgId, month: monthOf(spec.submittedMs) },
          capMicros: organisation.spendMicrosPerMonth,
        };
        // Each time round more is granted, a slice at least, or it ends.
        for (;;) {
          const granted = Math.min(cap.capMicros, await this.#granted(cap));
          const quotas = {
            ...applicant.quotas,
            organisation: { ...organisation, spendMicrosPerMonth: granted },
          };
          const verdict = await commit.ask({ ...applicant, quotas });
          const isShort = verdict.kind === 'refused' && isOfOrganisation(verdict.error);
          if (!isShort || granted >= cap.capMicros) return verdict;
          if (!(await this.#more(cap, spec.reservedMicros))) return verdict;
        }
      },
    };
  }

  /** Of what is not used half is given back. */
  async giveBack(): Promise<void> {
    const { store, clock, settle } = this.#deps;
    const settled = this.#lowered.filter(
      ({ atMs }) => clock.monotonicMs() - atMs >= limits.federation.budgetLoweredMs,
    );
    for (const { ask } of settled) await store.write(ask, await settle(ask));
    this.#lowered = this.#lowered.filter((one) => !settled.includes(one));
    for (const { usedMicros, grantedMicros, ...of } of await store.unused(monthOf(clock.nowMs()))) {
      if (this.#lowered.some(({ ask }) => ask.orgId === of.orgId && ask.month === of.month)) continue;
      const wantMicros = usedMicros + Math.floor((grantedMicros - usedMicros) / 2);
      await store.lower(of, wantMicros);
      this.#known.delete(keyOf(of));
      const ask = { ...of, usedMicros, wantMicros, capMicros: Number.MAX_SAFE_INTEGER };
      this.#lowered.push({ ask, atMs: clock.monotonicMs() });
    }
  }

  #granted(cap: Cap): Promise<number> {
    const { clock, store } = this.#deps;
    const key = keyOf(cap);
    const known = this.#known.get(key);
    if (known && clock.monotonicMs() - known.monoMs < limits.federation.budgetKnownMs) return known.granted;
    const granted = store.granted(cap);
    granted.catch(() => this.#known.delete(key));
    // The oldest goes: it is read again.
    if (this.#known.size >= limits.federation.budgetsKnownMax)
      this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(key, { monoMs: clock.monotonicMs(), granted });
    return granted;
  }

  /** One ask at a time, for all that have come until it is sent; who comes later shares its answer and asks again. */
  #more(cap: Cap, neededMicros: number): Promise<boolean> {
    const key = keyOf(cap);
    const known = this.#asking.get(key);
    if (known) {
      if (!known.isSent) known.neededMicros += neededMicros;
      return known.answer;
    }
    const asking: Asking = { neededMicros, isSent: false, answer: Promise.resolve(false) };
    const send = () => {
      asking.isSent = true;
      return this.#ask(cap, asking.neededMicros);
    };
    asking.answer = Promise.resolve()
      .then(send)
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking.answer;
  }

  async #ask(cap: Cap, neededMicros: number): Promise<boolean> {
    const { store, settle } = this.#deps;
    const [before, usedMicros] = await Promise.all([store.granted(cap), store.used(cap)]);
    const sliceMicros = Math.ceil(cap.capMicros * limits.federation.budgetSlice);
    const wantMicros = Math.max(before, usedMicros + neededMicros + sliceMicros);
    const told = await settle({ ...cap, wantMicros, usedMicros }).catch((cause: unknown) => {
      throw notAnswered(cap, cause);
    });
    await store.write(cap, told);
    this.#known.delete(keyOf(cap));
    return told.grantedMicros > before;
  }
}

const keyOf = ({ orgId, month }: Pick<Cap, 'orgId' | 'month'>): string => `${orgId} ${month}`;

const isOfOrganisation = ({ code, ids }: CellbookError): boolean =>
  code === 'spend_cap_reached' && ids.whose === 'organisation';

const notAnswered = ({ orgId, month }: Cap, cause: unknown): CellbookError =>
  new CellbookError('quota_unavailable', {
    doing: 'admitting a job',
    problem: `what this region was granted of your organisation’s budget of ${month} is used up, and more cannot be asked for at the moment`,
    next: 'Nothing was stored of it. Send it again in a minute, with the same Idempotency-Key.',
    ids: { orgId, month },
    retryAfterMs: 30_000,
    cause,
  });
