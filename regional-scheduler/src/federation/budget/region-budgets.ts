/**
 * A spend cap, an organisation's or a user's in it, is one sum over regions. Each region spends only what it was granted
 * of it by the edge (edge/src/regions/budgets.ts), a slice at a time, so that a region that is cut off spends at the most
 * what it has:
 *
 *     admit: granted covers it ─▶ stored            (what is granted is the cap that the store judges by)
 *            it does not ─▶ ask for used + this + a slice ─▶ granted more: judged again
 *                                                          └ not: the cap is reached │ not answered: come again
 *     hourly: half of what is not used is given back: here first, at the edge when nothing that was judged before is
 *             still being stored, and only if nothing else was told of it since, here and there (`revision`);
 *             what was used without being granted is told, so that the others are not granted it again
 *
 * What is given up: the last slices of a cap may lie in a region that does not use them, for hours; a job that moves to
 * another region, and the next run of a repeated task, are counted there and not asked for, so that a cap may be passed
 * by those. For a user whose cap is no less than his organisation's nothing is asked. Where that changes within a month
 * the region that asks first for him has the others tell the edge what he has used there (`beginsElsewhere`); of one that
 * cannot be reached, and of what he uses there by what was signed before, the edge hears within the hour. An edge of before users' caps were one over regions
 * answers that there is no such thing; for so long his cap is each region's own, as it was.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { CapBegins } from '@cellbook/shared/protocol/federation-api.ts';
import type { JobQuotas } from '@cellbook/shared/protocol/quota.ts';
import type { BudgetAsk, BudgetTold } from '@cellbook/shared/protocol/region-asks.ts';
import type { Applicant } from '../../admission/decide-admission.ts';
import type { GroupCommit } from '../../admission/group-commit.ts';
import { monthOf } from '../../admission/price.ts';
import { type BudgetOf, type BudgetStore, holderOf } from './budget-store.ts';

export interface RegionBudgetsDeps {
  store: BudgetStore;
  /** At the edge. */
  settle(ask: BudgetAsk): Promise<BudgetTold>;
  clock: Clock;
}

type Cap = BudgetOf & { capMicros: number };
type Whose = 'organisation' | 'user';

/** To so much, of what the answer of this revision granted. */
type Lowered = BudgetOf & BudgetTold & { atMs: number };

interface Asking {
  neededMicros: number;
  isSent: boolean;
  /** What is granted then. */
  answer: Promise<number>;
}

export class RegionBudgets {
  /** Has other regions tell the edge what a user has used there; where they cannot be reached it goes on without. */
  beginsElsewhere: (of: CapBegins) => Promise<void> = async () => {};
  readonly #deps: RegionBudgetsDeps;
  readonly #known = new Map<string, { monoMs: number; granted: Promise<number> }>();
  readonly #asking = new Map<string, Asking>();
  /** Lately not answered: who waits for that again waits for nothing. */
  readonly #failed = new Map<string, { monoMs: number; cause: unknown }>();
  /** Until when the edge is taken to know of no users' caps; monotonic. */
  #usersAloneUntilMs = Number.NEGATIVE_INFINITY;
  /** Lowered here, and not yet told. */
  #lowered: Lowered[] = [];

  constructor(deps: RegionBudgetsDeps) {
    this.#deps = deps;
  }

  /** Judges by what is granted, and asks for more where that is used up. */
  over(commit: Pick<GroupCommit, 'ask'>): Pick<GroupCommit, 'ask'> {
    return {
      ask: async (applicant) => {
        const caps = capsOf(applicant);
        // Each time round more is granted, a slice at least, or it ends.
        for (;;) {
          const granted = await this.#within(caps);
          const verdict = await commit.ask({ ...applicant, quotas: narrowed(applicant.quotas, granted) });
          const whose = verdict.kind === 'refused' ? whoseCap(verdict.error) : null;
          if (whose === null || granted[whose] >= caps[whose].capMicros) return verdict;
          // Granted to another meanwhile, it is more than what this one was judged by all the same.
          const { reservedMicros } = applicant.candidate.spec;
          if ((await this.#more(caps[whose], reservedMicros)) <= granted[whose]) return verdict;
        }
      },
    };
  }

  /** A user's cap that is no less than his organisation's is kept by that one: nothing is asked for it. */
  async #within(caps: Record<Whose, Cap>): Promise<Record<Whose, number>> {
    const within = async (cap: Cap) => Math.min(cap.capMicros, await this.#granted(cap));
    const isKept = caps.user.capMicros >= caps.organisation.capMicros || this.#areUsersAlone();
    const [organisation, user] = await Promise.all([
      within(caps.organisation),
      isKept ? caps.user.capMicros : within(caps.user),
    ]);
    return { organisation, user };
  }

  /** Of what is not used half is given back. */
  async giveBack(): Promise<void> {
    const { store, clock } = this.#deps;
    const due = this.#lowered.filter(
      ({ atMs }) => clock.monotonicMs() - atMs >= limits.federation.budgetLoweredMs,
    );
    for (const one of due) {
      await this.#settleLowered(one);
      this.#lowered = this.#lowered.filter((other) => other !== one);
    }
    for (const { usedMicros, grantedMicros, revision, ...of } of await store.unused(monthOf(clock.nowMs()))) {
      if (this.#lowered.some((one) => keyOf(one) === keyOf(of))) continue;
      const to = { grantedMicros: usedMicros + Math.floor((grantedMicros - usedMicros) / 2), revision };
      if (!(await store.lower(of, to))) continue;
      this.#known.delete(keyOf(of));
      this.#lowered.push({ ...of, ...to, atMs: clock.monotonicMs() });
    }
    await this.#tellUnasked(monthOf(clock.nowMs()));
  }

  /** Another region is about to ask for his cap: what he has used here is the edge's to know before. */
  async begins({ month, ...of }: CapBegins): Promise<void> {
    await this.#tellUnasked(month, of);
  }

  /** Nothing is asked for by it, and nothing given back. */
  async #tellUnasked(month: string, of?: Omit<BudgetOf, 'month'>): Promise<void> {
    const { store, settle } = this.#deps;
    for (const one of await store.unasked(month, of)) {
      if (one.userId !== undefined && this.#areUsersAlone()) continue;
      const { usedMicros, grantedMicros: _, revision: __, ...of } = one;
      const ask = { ...of, usedMicros, wantMicros: usedMicros, capMicros: Number.MAX_SAFE_INTEGER };
      const told = await this.#unlessUnknown(of, settle(ask));
      if (told === null) continue;
      await store.write(of, told);
      this.#known.delete(keyOf(of));
    }
  }

  /** Another leads, and lowers what he finds. */
  keepRest(): void {
    this.#lowered = [];
  }

  /** As it was lowered to, unless anything was told of it since. */
  async #settleLowered({ grantedMicros, revision, atMs: _, ...of }: Lowered): Promise<void> {
    const { store, settle } = this.#deps;
    const now = await store.granted(of);
    if (now.revision !== revision || now.grantedMicros !== grantedMicros) return;
    const usedMicros = await store.used(of);
    const wantMicros = Math.max(grantedMicros, usedMicros);
    const capMicros = Number.MAX_SAFE_INTEGER;
    await store.write(of, await settle({ ...of, wantMicros, usedMicros, capMicros, givenBackOf: revision }));
  }

  #granted(cap: Cap): Promise<number> {
    const { clock, store } = this.#deps;
    const key = keyOf(cap);
    const known = this.#known.get(key);
    if (known && clock.monotonicMs() - known.monoMs < limits.federation.budgetKnownMs) return known.granted;
    const granted = store.granted(cap).then(({ grantedMicros }) => grantedMicros);
    granted.catch(() => this.#known.delete(key));
    keepNewest(this.#known).set(key, { monoMs: clock.monotonicMs(), granted });
    return granted;
  }

  /** One ask at a time, for all that have come until it is sent; who comes later shares its answer and asks again. */
  #more(cap: Cap, neededMicros: number): Promise<number> {
    const { clock } = this.#deps;
    const key = keyOf(cap);
    const failed = this.#failed.get(key);
    if (failed && clock.monotonicMs() - failed.monoMs < limits.federation.budgetFailedMs)
      return Promise.reject(notAnswered(cap, failed.cause));
    const known = this.#asking.get(key);
    if (known) {
      if (!known.isSent) known.neededMicros += neededMicros;
      return known.answer;
    }
    const asking: Asking = { neededMicros, isSent: false, answer: Promise.resolve(0) };
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

  async #ask(cap: Cap, neededMicros: number): Promise<number> {
    const { store, settle, clock } = this.#deps;
    const [{ grantedMicros: before, revision }, usedMicros] = await Promise.all([
      store.granted(cap),
      store.used(cap),
    ]);
    const { orgId, userId, month } = cap;
    if (userId !== undefined && revision === 0) await this.beginsElsewhere({ orgId, userId, month });
    const sliceMicros = Math.ceil(cap.capMicros * limits.federation.budgetSlice);
    const wantMicros = Math.max(before, usedMicros + neededMicros + sliceMicros);
    const asked = settle({ ...cap, wantMicros, usedMicros });
    const told = await this.#unlessUnknown(cap, asked).catch((cause: unknown) => {
      this.#failed.delete(keyOf(cap));
      keepNewest(this.#failed).set(keyOf(cap), { monoMs: clock.monotonicMs(), cause });
      throw notAnswered(cap, cause);
    });
    this.#failed.delete(keyOf(cap));
    if (told === null) return cap.capMicros;
    await store.write(cap, told);
    this.#known.delete(keyOf(cap));
    return told.grantedMicros;
  }

  #areUsersAlone(): boolean {
    return this.#deps.clock.monotonicMs() < this.#usersAloneUntilMs;
  }

  /** Null: the edge is of before users' caps, and has no such route. */
  async #unlessUnknown(
    { userId }: Pick<BudgetOf, 'userId'>,
    told: Promise<BudgetTold>,
  ): Promise<BudgetTold | null> {
    try {
      return await told;
    } catch (error) {
      if (userId === undefined || !(error instanceof CellbookError) || error.code !== 'not_found')
        throw error;
      this.#usersAloneUntilMs = this.#deps.clock.monotonicMs() + limits.federation.usersAloneMs;
      return null;
    }
  }
}

/** The oldest goes: it is read, or asked for, again. */
function keepNewest<T>(known: Map<string, T>): Map<string, T> {
  if (known.size >= limits.federation.budgetsKnownMax) known.delete(known.keys().next().value ?? '');
  return known;
}

function capsOf({ candidate: { spec }, quotas }: Applicant): Record<Whose, Cap> {
  const { orgId, userId } = spec;
  const month = monthOf(spec.submittedMs);
  return {
    organisation: { orgId, month, capMicros: quotas.organisation.spendMicrosPerMonth },
    user: { orgId, userId, month, capMicros: quotas.user.spendMicrosPerMonth },
  };
}

const narrowed = ({ organisation, user }: JobQuotas, granted: Record<Whose, number>): JobQuotas => ({
  organisation: { ...organisation, spendMicrosPerMonth: granted.organisation },
  user: { ...user, spendMicrosPerMonth: granted.user },
});

const keyOf = ({ month, ...of }: BudgetOf): string => `${holderOf(of)} ${month}`;

function whoseCap({ code, ids: { whose } }: CellbookError): Whose | null {
  if (code !== 'spend_cap_reached') return null;
  return whose === 'organisation' || whose === 'user' ? whose : null;
}

const notAnswered = ({ orgId, userId, month }: Cap, cause: unknown): CellbookError =>
  new CellbookError('quota_unavailable', {
    doing: 'admitting a job',
    problem: `what this region was granted of ${userId === undefined ? 'your organisation’s' : 'your own'} budget of ${month} is used up, and more cannot be asked for at the moment`,
    next: 'Nothing was stored of it. Send it again in a minute, with the same Idempotency-Key.',
    ids: { orgId, month },
    retryAfterMs: 30_000,
    cause,
  });
