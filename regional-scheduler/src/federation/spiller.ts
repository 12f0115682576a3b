/**
 * The leader's side of handing jobs over: every second it goes on with what is offered, and looks whether there is
 * more to offer. It keeps nothing that matters. To offer is to ask for `spill_offered`; what comes of that is told by
 * the state and the log alone: a job that is `spilling` there is offered to whom the log says, by whomever it was asked
 * for and whenever, and no region hears of an offer that is not written.
 *
 *     queued ──ask──▶ (asked) ──spilling, and in the log──▶ PUT or DELETE ──answered, ask──▶ spill_settled
 *        ▲               │ not in a while: as if never asked
 *        └───────────────┘
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { handoffAnswerSchema, regionStatusSchema } from '@cellbook/shared/protocol/federation-api.ts';
import { handoffRules, nextStep, restAfterRefusalMs } from '../core/federation/handoff.ts';
import { chooseSpills, type RegionStatus, usualSpillPolicy } from '../core/federation/spill.ts';
import type { JobSpec } from '../core/model/job.ts';
import { jobView, type SchedulerState } from '../core/state.ts';
import type { JobRecords } from '../records/job-record.ts';
import type { Region } from '../region.ts';
import type { HandoffStore } from './handoff-store.ts';
import type { Joins } from './joins.ts';
import type { PeerCaller } from './peers.ts';
import { candidatesOf } from './region-status.ts';

export interface SpillerDeps {
  region: Region;
  peers: PeerCaller;
  handoffs: HandoffStore;
  records: Pick<JobRecords, 'find'>;
  joins: Joins;
  /** Whether the guardian of this region's queue knows that a job is let go; absent: nobody guards it. */
  mayOffer?(state: SchedulerState, job: JobSpec): boolean;
  /** How long the oldest open offer has been so; 0: there is none, or another leads. */
  oldest(openMs: number): void;
  clock: Clock;
  log: Logger;
}

interface Offer {
  to: RegionId;
  handoff: number;
  sinceMs: number;
  isSettled: boolean;
}

export class Spiller {
  readonly #deps: SpillerDeps;
  /** Of the jobs that are `spilling`, as the log has them. */
  readonly #offers = new Map<JobId, Offer>();
  /** Offers that the log may have or not yet, until when that is waited for. */
  readonly #asked = new Map<JobId, number>();
  readonly #statuses = new Map<RegionId, { status: RegionStatus; monoMs: number }>();
  /** Refused ones, until when they are offered to nobody. */
  readonly #resting = new Map<JobId, number>();
  #active: ReadonlySet<RegionId> = new Set();
  #prunedMs = 0;

  constructor(deps: SpillerDeps) {
    this.#deps = deps;
  }

  /** One round; repeats are harmless. */
  async round(): Promise<void> {
    if (!this.#leads()) {
      this.#deps.oldest(0);
      return;
    }
    await this.#find();
    this.#tellOldest();
    await this.#ask();
    await this.#settleAll();
    await this.#offer();
    await this.#prune();
  }

  #leads(): boolean {
    return this.#deps.region.leadership().leads;
  }

  /** What is `spilling`, with where the log says that it is offered to. */
  async #find(): Promise<void> {
    const { region } = this.#deps;
    const state = region.state();
    if (!state) return;
    const spilling = spillingIn(state);
    for (const [jobId, { handoff }] of this.#offers)
      if (spilling.get(jobId) !== handoff) this.#offers.delete(jobId);
    const missing = [...spilling.keys()].filter((jobId) => !this.#offers.has(jobId));
    if (missing.length === 0) return;
    // The state may be ahead of the log, never behind it.
    for (const { event } of await region.log.eventsOf(missing))
      if (event.type === 'spill_offered' && spilling.get(event.jobId) === event.handoff) {
        this.#offers.set(event.jobId, { ...event, sinceMs: event.atMs, isSettled: false });
        this.#asked.delete(event.jobId);
      }
  }

  #tellOldest(): void {
    const { clock, oldest } = this.#deps;
    const sinceMs = Math.min(...[...this.#offers.values()].map((offer) => offer.sinceMs));
    oldest(this.#offers.size === 0 ? 0 : Math.max(0, clock.nowMs() - sinceMs));
  }

  async #ask(): Promise<void> {
    const { peers, clock } = this.#deps;
    await Promise.all(
      peers.regions.map(async (regionId) => {
        const known = this.#statuses.get(regionId);
        if (known && clock.monotonicMs() - known.monoMs < limits.federation.statusEveryMs) return;
        const call = { method: 'GET', path: '/federation/v1/status' } as const;
        const status = await peers.call(regionId, call, regionStatusSchema).catch(() => null);
        if (status) this.#statuses.set(regionId, { status, monoMs: clock.monotonicMs() });
      }),
    );
  }

  async #settleAll(): Promise<void> {
    const open = [...this.#offers].filter(([, offer]) => !offer.isSettled);
    for (let at = 0; at < open.length; at += limits.federation.callsMax)
      await Promise.all(
        open
          .slice(at, at + limits.federation.callsMax)
          .map(([jobId, offer]) =>
            this.#settle(jobId, offer).catch((error: unknown) =>
              this.#deps.log.info({ err: error, jobId, region: offer.to }, 'a handover is not answered yet'),
            ),
          ),
      );
  }

  async #settle(jobId: JobId, offer: Offer): Promise<void> {
    const { region, peers, records, joins, clock, log } = this.#deps;
    const state = region.state();
    const view = state && jobView(state, jobId);
    // Others were waited for since it was looked up.
    if (!state || !view || handoffOf(state, jobId) !== offer.handoff) return;
    const path = `/federation/v1/handoffs/${jobId}/${offer.handoff}`;
    const { sinceMs, handoff, to } = offer;
    const [record] = await records.find([jobId]);
    if (!record) return;
    const next = nextStep({ handoff, sinceMs, cancelAsked: view.cancelAsked }, clock.nowMs());
    if (next === 'offer' && this.#deps.mayOffer?.(state, view.spec) === false) return;
    const step = next === 'offer' && !(await joins.close(record)) ? 'withdraw' : next;
    const { spec, request } = record;
    const query = view.cancelAsked ? `?cancelledBy=${record.userId}` : '';
    const call =
      step === 'withdraw'
        ? ({ method: 'DELETE', path: `${path}${query}` } as const)
        : ({ method: 'PUT', path, body: { offeredMs: sinceMs, spec, request } } as const);
    const answer = await peers.call(to, call, handoffAnswerSchema);
    const event = {
      type: 'spill_settled',
      atMs: clock.nowMs(),
      jobId,
      handoff,
      taken: answer.taken,
    } as const;
    await region.ask(event, `region ${to}`);
    offer.isSettled = true;
    if (!answer.taken) {
      this.#resting.set(jobId, clock.monotonicMs() + restAfterRefusalMs(handoff));
      // What was believed of it was not so.
      this.#statuses.delete(to);
    }
    log.info({ jobId, region: to, handoff, ...answer }, 'a handover is settled');
  }

  async #offer(): Promise<void> {
    const { region, handoffs, joins, clock } = this.#deps;
    const state = region.state();
    const monoMs = clock.monotonicMs();
    const fresh = [...this.#statuses.values()].filter(
      (one) => monoMs - one.monoMs < limits.federation.statusMsMax,
    );
    for (const [jobId, untilMs] of this.#asked) if (monoMs >= untilMs) this.#asked.delete(jobId);
    const room = limits.federation.spillingMax - this.#offers.size - this.#asked.size;
    if (!state || fresh.length === 0 || room <= 0) return;
    for (const [jobId, untilMs] of this.#resting) if (monoMs >= untilMs) this.#resting.delete(jobId);
    const known = [this.#offers, this.#asked, this.#resting];
    const isFree = (jobId: JobId) => !known.some((jobs) => jobs.has(jobId));
    const candidates = candidatesOf(state).filter((job) => isFree(job.jobId));
    if (candidates.length === 0) return;
    const came = await handoffs.took(candidates.map((job) => job.jobId));
    const spills = chooseSpills(
      candidates.map((job) => ({ ...job, cameFromAnother: came.has(job.jobId) })),
      fresh.map((one) => one.status),
      { ...usualSpillPolicy, perRoundMax: Math.min(room, usualSpillPolicy.perRoundMax) },
      this.#active,
    );
    this.#active = new Set(spills.map((spill) => spill.to));
    const joined = await joins.joined(spills.map((spill) => spill.jobId));
    for (const { jobId, to, handoff } of spills) {
      if (joined.has(jobId)) {
        this.#resting.set(jobId, monoMs + handoffRules.restMsMax);
        continue;
      }
      if (!this.#leads()) return;
      this.#asked.set(jobId, clock.monotonicMs() + handoffRules.patienceMs);
      await region.ask({ type: 'spill_offered', atMs: clock.nowMs(), jobId, to, handoff }, 'spillover');
    }
  }

  async #prune(): Promise<void> {
    const { handoffs, clock } = this.#deps;
    if (clock.nowMs() - this.#prunedMs < limits.federation.pruneEveryMs) return;
    this.#prunedMs = clock.nowMs();
    await handoffs.prune(clock.nowMs() - handoffRules.keptMs);
  }
}

/** Which are offered, with the number of the offer. */
function spillingIn(state: SchedulerState): Map<JobId, number> {
  const found = new Map<JobId, number>();
  for (const row of state.jobs.inPhase('spilling'))
    found.set(state.jobs.ids[row]!, state.tries.get(row)?.handoff ?? 0);
  return found;
}

function handoffOf(state: SchedulerState, jobId: JobId): number | null {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined || state.jobs.phaseOf(row) !== 'spilling') return null;
  return state.tries.get(row)?.handoff ?? null;
}

export function startSpilling(spiller: Spiller, clock: Clock, log: Logger): { close(): Promise<void> } {
  let timer: Timer | null = null;
  let underWay: Promise<void> = Promise.resolve();
  let isClosed = false;
  const again = () => {
    if (isClosed) return;
    timer = clock.setTimer(limits.federation.everyMs, () => {
      underWay = spiller
        .round()
        .catch((error: unknown) =>
          log.warn({ err: error }, 'a round of spilling over failed; it comes again'),
        )
        .finally(again);
    });
  };
  again();
  return {
    async close() {
      isClosed = true;
      timer?.cancel();
      await underWay;
    },
  };
}
