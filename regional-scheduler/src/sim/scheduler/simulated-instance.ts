/**
 * One program of the scheduler: it campaigns for the lease, rebuilds the state from the log, and leads in rounds: what
 * came in → events → decide → one commit → answers. The core it runs is the real one; what is simulated is the shell
 * around it, which crashes, stands still, loses its record and whose clocks lie.
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import type { AgentOrders, AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import { leaderlessOrders, ordersFor } from '../../core/reports/orders.ts';
import { readReport, readSilence } from '../../core/reports/read-report.ts';
import { Term } from '../../core/reports/term.ts';
import type { AttemptView } from '../../core/reports/views.ts';
import type { Core, CoreState } from './core.ts';
import type { Network } from './network.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import { SimulatedGuard } from './simulated-guard.ts';
import type { SimulatedGuardian } from './simulated-guardian.ts';
import type { Batch, Guardianship, SimulatedLog, Taken } from './simulated-log.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { spillsIn, trackSpill } from './spilling.ts';

export interface InstanceDeps {
  name: string;
  core: Core;
  clock: SimulatedClock;
  random: Random;
  network: Network;
  log: SimulatedLog;
  agentLeaseMs: number;
  agentMarginMs: number;
  note(what: string): void;
  /** After a commit: now and then, what the log gives, to go along and decide the same. */
  twin(state: CoreState): CoreState | null;
  compare(state: CoreState, decided: readonly SchedulerEvent[], byTwin: readonly SchedulerEvent[]): void;
  offer(jobId: JobId, handoff: number, settled: (taken: boolean) => void): void;
  /** Another region that guards this one's queue; null: nobody does. */
  guardian: SimulatedGuardian | null;
  otherRegion: RegionId;
  /** Only to show that the simulation finds it. */
  breaks: { answersFirst: boolean; noWaitAtTerm: boolean; hastySilence: boolean; forgetsToAsk: boolean };
}

interface Waiting {
  report: AgentReport;
  answer: (orders: AgentOrders | null) => void;
}

interface Leading {
  term: Term;
  state: CoreState;
  taken: Taken;
  /** Of the record's lease, by this machine's monotonic clock. */
  leaseUntilMs: number;
  isCommitting: boolean;
  inbox: Waiting[];
  settled: SchedulerEvent[];
  spilling: Map<JobId, number>;
  /** With the number of rounds that it goes along for. */
  twin: { state: CoreState; rounds: number } | null;
  guard: SimulatedGuard | null;
}

export const leaderLeaseMs = 2_500;
const leaderMarginMs = 700;
const renewMs = 800;
const campaignMs = 400;
const roundMs = 800;
const offerMs = 3_000;
const twinRounds = 20;

export class SimulatedInstance {
  readonly process: SimulatedProcess;
  /** Whether it may become leader: false is a record that it cannot read whole. */
  canLead = true;
  #leading: Leading | null = null;
  readonly #deps: InstanceDeps;

  constructor(deps: InstanceDeps) {
    this.#deps = deps;
    this.process = new SimulatedProcess(deps.name, deps.clock, deps.network);
  }

  get name(): string {
    return this.#deps.name;
  }

  get isUp(): boolean {
    return this.process.isUp;
  }

  get leads(): boolean {
    return this.#leading !== null;
  }

  start(): void {
    this.process.start();
    this.#campaign();
  }

  crash(): void {
    this.process.crash();
    this.#leading = null;
  }

  receive(report: AgentReport, answer: Waiting['answer']): void {
    if (!this.isUp) return;
    this.process.own(() => {
      const leading = this.#leading;
      if (leading) leading.inbox.push({ report, answer });
      else
        this.process.call(
          () => this.#deps.log.isLed,
          (isLed) => answer(isLed === false ? leaderlessOrders(this.#deps.agentLeaseMs) : null),
        );
    });
  }

  #campaign(): void {
    if (this.#leading) return;
    const askedMs = this.#deps.clock.monotonicMs();
    const again = () =>
      this.process.after(campaignMs + this.#deps.random.int(campaignMs), () => this.#campaign());
    if (!this.canLead) {
      again();
      return;
    }
    this.process.call(
      () => this.#deps.log.acquire(),
      (epoch) => {
        if (epoch === null) return again();
        this.#lead(epoch, askedMs);
      },
    );
  }

  #lead(epoch: number, askedMs: number): void {
    const { core, log, clock, agentLeaseMs, agentMarginMs, breaks } = this.#deps;
    this.process.call(
      () => ({ batches: [...log.batches], taken: log.taken, guardianship: log.guardianship }),
      (read) => {
        if (!read) return this.#stepDown('cannot read the log');
        const state = core.rebuild(read.batches.flatMap(({ events }) => events));
        const spilling = spillsIn(read.batches);
        const beganMs = clock.monotonicMs() - (breaks.noWaitAtTerm ? agentLeaseMs : 0);
        const marginMs = breaks.hastySilence ? 7_000 - agentLeaseMs : agentMarginMs;
        const term = new Term({
          epoch,
          beganMs,
          leaseMs: agentLeaseMs,
          marginMs,
          stallMs: breaks.noWaitAtTerm ? Number.POSITIVE_INFINITY : 5_000,
        });
        const leaseUntilMs = askedMs + leaderLeaseMs - leaderMarginMs;
        const rest = { isCommitting: false, inbox: [], settled: [], spilling, twin: null, guard: null };
        this.#leading = { term, state, taken: read.taken, leaseUntilMs, ...rest };
        this.#guard(this.#leading, read.guardianship);
        this.#deps.note(`${this.name} leads, epoch ${epoch}`);
        this.#renew();
        const began = { type: 'term_began', atMs: this.#nowMs(), epoch } as const;
        this.#commit(this.#leading, core.apply(state, began), []);
        this.#round();
        this.#offer();
      },
    );
  }

  #guard(leading: Leading, stored: Guardianship | null): void {
    const { guardian, network, log, otherRegion, breaks } = this.#deps;
    if (!guardian) return;
    leading.guard = new SimulatedGuard(
      {
        ...{ process: this.process, network, log, guardian, regionId: otherRegion },
        ...{ term: leading.term.epoch, state: leading.state, forgetsToAsk: breaks.forgetsToAsk },
        isClean: () => this.#leading === leading && !leading.isCommitting,
        ask: (event) => leading.settled.push(event),
        nowMs: () => this.#nowMs(),
      },
      stored,
    );
  }

  /** Time never steps back for the state, whatever this machine's clock says. */
  #nowMs(): number {
    return Math.max(
      this.#deps.clock.nowMs(),
      this.#leading ? this.#deps.core.lastAtMs(this.#leading.state) : 0,
    );
  }

  #stepDown(because: string): void {
    this.#deps.note(`${this.name} steps down: ${because}`);
    for (const { answer } of this.#leading?.inbox ?? []) answer(null);
    this.#leading = null;
    this.process.after(campaignMs, () => this.#campaign());
  }

  #renew(): void {
    const leading = this.#leading;
    if (!leading) return;
    const askedMs = this.#deps.clock.monotonicMs();
    this.process.call(
      () => this.#deps.log.renew(leading.term.epoch),
      (isRenewed) => {
        if (this.#leading !== leading) return;
        if (isRenewed === false) return this.#stepDown('its lease is another’s');
        if (isRenewed) leading.leaseUntilMs = askedMs + leaderLeaseMs - leaderMarginMs;
        this.process.after(isRenewed ? renewMs : 50, () => this.#renew());
      },
    );
  }

  #isLeader(leading: Leading): boolean {
    if (this.#leading !== leading) return false;
    if (this.#deps.clock.monotonicMs() < leading.leaseUntilMs) return true;
    this.#stepDown('its lease ended');
    return false;
  }

  #round(): void {
    const leading = this.#leading;
    if (!leading) return;
    this.process.after(roundMs, () => this.#round());
    if (leading.isCommitting || !this.#isLeader(leading)) return;
    const { core, clock, random } = this.#deps;
    const { state, term } = leading;
    const nowMs = this.#nowMs();
    const events: SchedulerEvent[] = [];
    const { twin } = leading;
    const apply = (fresh: readonly SchedulerEvent[]) => {
      for (const event of fresh) {
        events.push(...core.apply(state, event));
        if (twin) core.apply(twin.state, event);
      }
    };
    term.look(clock.monotonicMs());
    this.#takeIn(leading, apply, nowMs);
    const waiting = leading.inbox.splice(0);
    const judge = core.judge(state, random);
    for (const { report } of waiting) {
      if (term.take(report))
        apply(readReport(core.hostView(state, report.hostId), report, { nowMs, term, judge }));
    }
    for (const hostId of core.hostIds(state))
      if (term.isSilent(hostId, clock.monotonicMs()))
        apply(readSilence(core.hostView(state, hostId)!, { nowMs, judge }));
    const seed = random.int(2 ** 31);
    const decided = core.decide(state, nowMs, seededRandom(seed));
    if (twin) this.#deps.compare(state, decided, core.decide(twin.state, nowMs, seededRandom(seed)));
    if (twin && --twin.rounds === 0) leading.twin = null;
    events.push(...decided);
    this.#commit(leading, events, waiting);
  }

  #takeIn(leading: Leading, apply: (events: SchedulerEvent[]) => void, nowMs: number): void {
    const { core, log, network, name } = this.#deps;
    const { state, taken } = leading;
    apply(leading.settled.splice(0));
    if (network.isCut(name, 'record')) return;
    for (const job of log.submissions.slice(taken.submissions))
      apply([{ type: 'job_submitted', atMs: nowMs, job }]);
    for (const wish of log.wishes.slice(taken.wishes)) apply(core.wished(state, wish, nowMs));
    leading.taken = { submissions: log.submissions.length, wishes: log.wishes.length };
  }

  #commit(leading: Leading, events: readonly SchedulerEvent[], waiting: readonly Waiting[]): void {
    if (this.#deps.breaks.answersFirst) this.#answer(leading, waiting);
    if (events.length === 0) {
      this.#answer(leading, waiting);
      return;
    }
    leading.isCommitting = true;
    const batch: Batch = { epoch: leading.term.epoch, events, taken: { ...leading.taken } };
    this.process.call(
      () => this.#deps.log.append(batch),
      (isCommitted) => {
        if (this.#leading !== leading) return;
        // Without an answer it may have been committed or not: only the log can tell.
        if (!isCommitted) return this.#stepDown(isCommitted === null ? 'the log does not answer' : 'fenced');
        leading.isCommitting = false;
        for (const event of events) trackSpill(leading.spilling, event);
        leading.guard?.committed(events);
        this.#answer(leading, waiting);
      },
    );
  }

  #answer(leading: Leading, waiting: readonly Waiting[]): void {
    const { core, clock } = this.#deps;
    const { state, term } = leading;
    const nowMs = this.#nowMs();
    for (const { report, answer } of waiting) {
      if (!this.#isLeader(leading)) {
        answer(null);
        continue;
      }
      term.answered(report.hostId, clock.monotonicMs());
      const view = core.hostView(state, report.hostId);
      const payloadOf = () => ({ prompt: '', parameters: {} });
      const withholds = (one: AttemptView, isToldOf: boolean) =>
        leading.guard?.withholds(one, isToldOf) ?? false;
      answer(ordersFor(view, report, { term, nowMs, payloadOf, withholds }));
    }
    const rebuilt = leading.twin ? null : this.#deps.twin(state);
    if (rebuilt) leading.twin = { state: rebuilt, rounds: twinRounds };
  }

  /** Queued jobs that are offered to the other region are offered until it has answered. */
  #offer(): void {
    const leading = this.#leading;
    if (!leading) return;
    for (const [jobId, handoff] of leading.spilling) {
      const row = leading.state.jobs.rowOf(jobId);
      // One that is taken settles itself.
      if (row === undefined || leading.guard?.mayLetGo(leading.state.jobs.spec(row)) === false) continue;
      this.#deps.offer(jobId, handoff, (taken) =>
        this.process.own(() => {
          if (this.#leading !== leading || leading.spilling.get(jobId) !== handoff) return;
          leading.spilling.delete(jobId);
          leading.settled.push({ type: 'spill_settled', atMs: this.#nowMs(), jobId, handoff, taken });
        }),
      );
    }
    this.process.after(offerMs, () => this.#offer());
  }
}
