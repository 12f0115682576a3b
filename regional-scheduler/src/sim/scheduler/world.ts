/**
 * A region in small: one record, two schedulers, a few GPU hosts with their agents, another region, and clients. What is
 * committed and what really runs is judged at every step; the first broken invariant ends the run.
 */
import type { AttemptId, HostId, JobId, OrgId } from '@cellbook/shared/ids.ts';
import {
  hostIdSchema,
  newJobId,
  newOrgId,
  newUserId,
  regionIdSchema,
  type UserId,
} from '@cellbook/shared/ids.ts';
import type { AgentOrders, AgentReport, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import { reservedMicrosOf } from '../../admission/price.ts';
import type { JobSpec } from '../../core/model/job.ts';
import { Timeline } from '../timeline.ts';
import { Accounts } from './accounts.ts';
import { type Core, type CoreState, realCore } from './core.ts';
import * as invariants from './invariants.ts';
import { drawTruth, type JobTruth, planRun } from './job-truth.ts';
import { Ledger } from './ledger.ts';
import { lie } from './lies.ts';
import type { Mutation } from './mutations.ts';
import { mutatedCore } from './mutations.ts';
import { Network } from './network.ts';
import { worldPolicy } from './policy.ts';
import { type HostShape, type Run, SimulatedAgent } from './simulated-agent.ts';
import { SimulatedClock, startMs } from './simulated-clock.ts';
import { SimulatedGuardian } from './simulated-guardian.ts';
import { SimulatedInstance } from './simulated-instance.ts';
import { type Batch, SimulatedLog } from './simulated-log.ts';
import type { Trouble } from './trouble.ts';

export const agentLeaseMs = 30_000;
export const agentMarginMs = 4_000;
const leaderLeaseMs = 2_500;

export class InvariantBroken extends Error {}

const hostShapes = [
  { sku: 'a100', rack: 'r1', gpus: 4, gpuMemoryMib: 40_960 },
  { sku: 'a100', rack: 'r1', gpus: 8, gpuMemoryMib: 40_960 },
  { sku: 'h100', rack: 'r2', gpus: 8, gpuMemoryMib: 81_920 },
  { sku: 'h100', rack: 'r2', gpus: 2, gpuMemoryMib: 81_920 },
  { sku: 'h100', rack: 'r3', gpus: 4, gpuMemoryMib: 81_920 },
] as const;

export class World {
  readonly lines: string[] = [];
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly trouble: Trouble;
  readonly network: Network;
  readonly ledger: Ledger;
  readonly accounts: Accounts;
  readonly log: SimulatedLog;
  readonly instances: readonly SimulatedInstance[];
  readonly agents: readonly SimulatedAgent[];
  readonly customers: readonly { orgId: OrgId; userId: UserId }[];
  readonly truths = new Map<JobId, JobTruth>();
  /** By the other region: what it answered, for good. */
  readonly handedOver = new Map<JobId, boolean>();
  readonly otherRegion = regionIdSchema.parse('elsewhere');
  /** Where the trouble is about regions. */
  readonly guardian: SimulatedGuardian | null;
  readonly clocks: SimulatedClock[] = [];
  readonly processes = new Map<Run, invariants.SeenProcess>();
  readonly #really = new Set<AttemptId>();
  readonly #startedOnce = new Set<AttemptId>();
  readonly #core: Core;
  readonly #mutation: Mutation | null;
  #newestEpoch = 0;
  #handoffs = 0;
  broken: string | null = null;

  constructor(seed: number, trouble: Trouble, mutation: Mutation | null) {
    this.random = seededRandom(seed);
    this.trouble = trouble;
    this.#mutation = mutation;
    this.#core = mutatedCore(realCore, mutation);
    const { timeline, random } = this;
    this.network = new Network(timeline, random);
    this.network.weather = trouble.weather;
    const { tiers, skuPrice, preemption } = worldPolicy;
    this.ledger = new Ledger(
      {
        ceilings: {
          free: tiers.free.ceilingShare,
          paid: tiers.paid.ceilingShare,
          enterprise: tiers.enterprise.ceilingShare,
        },
        skuPrice,
        preemptionsMax: preemption.perJobMax,
        ranMsMin: preemption.ranMsMin,
      },
      (verdict) => this.judge(verdict),
    );
    this.accounts = new Accounts((verdict) => this.judge(verdict), mutation !== 'admitted beyond the cap');
    this.log = new SimulatedLog({
      timeline,
      leaseMs: leaderLeaseMs,
      fences: mutation !== 'log without fence',
      committed: (batch) => this.#committed(batch),
    });
    this.customers = Array.from({ length: 6 }, () => ({
      orgId: newOrgId(random),
      userId: newUserId(random),
    }));
    this.guardian = trouble.regions ? this.#guardian() : null;
    this.instances = ['scheduler-a', 'scheduler-b'].map((name) => this.#instance(name));
    this.agents = hostShapes.map((shape, index) =>
      this.#agent({ hostId: hostIdSchema.parse(`host-${index}`), ...shape }),
    );
    this.log.wishes.push({ type: 'policy_set', atMs: startMs, policy: worldPolicy });
    for (const instance of this.instances) instance.start();
    for (const agent of this.agents) agent.start();
  }

  note(what: string): void {
    this.lines.push(`${Math.round(this.timeline.nowMs)} ${what}`);
  }

  judge(verdict: string | null): void {
    if (verdict === null || this.broken !== null) return;
    this.broken = verdict;
    this.note(`BROKEN: ${verdict}`);
  }

  pass(ms: number): void {
    const untilMs = this.timeline.nowMs + ms;
    while (this.timeline.step(untilMs)) if (this.broken !== null) throw new InvariantBroken(this.broken);
  }

  submit(draft: Omit<JobSpec, 'jobId' | 'submittedMs' | 'reservedMicros'>): void {
    const job: JobSpec = {
      ...draft,
      jobId: newJobId(this.random),
      submittedMs: startMs + this.timeline.nowMs,
      reservedMicros: reservedMicrosOf(draft.gpus, draft.predicted, draft.wallMsMax),
    };
    if (!this.accounts.admit(job)) {
      this.note(`${job.tier} is refused a job: its cap has no room`);
      return;
    }
    this.truths.set(job.jobId, drawTruth(this.random, job));
    this.log.submissions.push(job);
    this.note(`submitted ${short(job.jobId)}: ${job.tier}, ${job.gpus} GPUs`);
  }

  get isOver(): boolean {
    const { submissions, taken } = this.log;
    if (taken.submissions < submissions.length) return false;
    return [...this.ledger.jobs.values()].every((job) => this.ledger.isOver(job));
  }

  nextHandoff(): number {
    return ++this.#handoffs;
  }

  #clock(): SimulatedClock {
    const clock = new SimulatedClock(this.timeline, this.trouble.pace(this.random));
    this.clocks.push(clock);
    return clock;
  }

  #guardian(): SimulatedGuardian {
    const { timeline, network, random, otherRegion: regionId } = this;
    return new SimulatedGuardian({
      ...{ timeline, network, regionId, random: seededRandom(random.int(2 ** 31)) },
      note: (what) => this.note(what),
      took: (jobId) => {
        const runsHere = [...this.processes.values()].some((process) => process.jobId === jobId);
        this.judge(invariants.always_in_one_region(jobId, true, runsHere));
      },
      takesAll: this.#mutation === 'guardian takes what was let go',
    });
  }

  #instance(name: string): SimulatedInstance {
    const { network, log } = this;
    return new SimulatedInstance({
      ...{ name, network, log, agentLeaseMs, agentMarginMs },
      core: this.#core,
      clock: this.#clock(),
      random: seededRandom(this.random.int(2 ** 31)),
      note: (what) => this.note(what),
      twin: (state) => this.#twin(state),
      compare: (state, decided, byTwin) => {
        this.judge(invariants.always_decides_the_same(decided, byTwin));
        // What is left to decide comes in the next round.
        if (decided.length === 0) this.judge(invariants.always_sound(state));
      },
      offer: (jobId, handoff, settled) => this.#offer(name, jobId, handoff, settled),
      guardian: this.guardian,
      otherRegion: this.otherRegion,
      breaks: {
        forgetsToAsk: this.#mutation === 'guardian is not asked',
        answersFirst: this.#mutation === 'answers before the commit',
        noWaitAtTerm: this.#mutation === 'new leader does not wait',
        hastySilence: this.#mutation === 'silence is judged too soon',
      },
    });
  }

  #agent(shape: HostShape): SimulatedAgent {
    const { random, trouble } = this;
    const liar = trouble.liars > 0 && random.float() < trouble.liars;
    const agent: SimulatedAgent = new SimulatedAgent(shape, {
      clock: this.#clock(),
      random: seededRandom(random.int(2 ** 31)),
      ask: this.#asker(shape.hostId),
      plan: (order) => this.#plan(shape.hostId, order),
      started: (run) => this.#started(shape.hostId, run),
      ended: (run) => this.#ended(run),
      lie: (report) => (liar ? lie(report, this) : report),
      stopsInTime: this.#mutation !== 'agent outstays its lease',
      remembers: this.#mutation !== 'agent starts again what has ended',
    });
    return agent;
  }

  /** One instance after the other, as long as none says what to do. */
  #asker(hostId: HostId): (report: AgentReport, answered: (orders: AgentOrders | null) => void) => void {
    let target = 0;
    return (report, answered) => {
      const instance = this.instances[target % this.instances.length]!;
      let hasAnswer = false;
      this.timeline.after(4_000, () => {
        if (!hasAnswer) target++;
      });
      this.network.send(hostId, instance.name, () =>
        instance.receive(report, (orders) =>
          this.network.send(instance.name, hostId, () => {
            hasAnswer = true;
            if (orders === null) target++;
            answered(orders);
          }),
        ),
      );
    };
  }

  #plan(hostId: HostId, order: RunOrder) {
    const job = this.ledger.jobs.get(order.jobId);
    const number = job ? Math.max(0, job.attempts.length - 1) : 0;
    const { savedMs, wallMsLeft } = order;
    const isBadHost = this.trouble.badHost === hostId;
    return planRun(this.truths.get(order.jobId)!, { number, savedMs, wallMsLeft, isBadHost });
  }

  #started(hostId: HostId, run: Run): void {
    const { jobId, attemptId, devices } = run.order;
    const process = { jobId, attemptId, hostId, devices };
    this.processes.set(run, process);
    this.note(`${hostId} starts ${short(attemptId)} of ${short(jobId)} on ${devices.join()}`);
    const known = this.ledger.jobs.get(jobId)?.attempts.find((one) => one.attemptId === attemptId);
    this.judge(invariants.always_in_one_region(jobId, this.guardian?.taken.has(jobId) ?? false, true));
    this.judge(invariants.always_started_as_committed(process, known));
    this.judge(invariants.always_started_once(attemptId, this.#startedOnce.has(attemptId)));
    this.#startedOnce.add(attemptId);
    if (!this.trouble.clocksLie)
      this.judge(invariants.always_one_process_per_job_and_gpu([...this.processes.values()]));
  }

  #ended(run: Run): void {
    const { attemptId } = run.order;
    const outcome = run.ended?.outcome;
    this.processes.delete(run);
    if (outcome?.kind === 'succeeded') this.#really.add(attemptId);
    this.note(`${short(attemptId)} ${outcome?.kind} ${outcome?.kind === 'failed' ? outcome.detail : ''}`);
    if (this.trouble.onlySchedulersFail && outcome?.kind === 'failed' && outcome.class === 'lost')
      this.judge(invariants.always_outlives_its_schedulers(attemptId));
  }

  #committed({ epoch, events }: Batch): void {
    this.judge(invariants.always_committed_by_the_newest_leader(epoch, this.#newestEpoch));
    this.#newestEpoch = Math.max(epoch, this.#newestEpoch);
    for (const event of events) {
      this.note(`${epoch} ${JSON.stringify(event)}`);
      this.ledger.fold(event);
      this.accounts.committed(event);
      if (event.type === 'attempt_ended' && event.outcome.kind === 'succeeded' && this.trouble.liars === 0)
        this.judge(invariants.always_a_success_that_was(event.attemptId, this.#really.has(event.attemptId)));
    }
  }

  /** Now and then: what a new leader would know is what this one knows, and it would decide the same from then on. */
  #twin(state: CoreState): CoreState | null {
    // One that does not know yet that another leads has nothing to be compared with.
    if (this.random.int(compareEvery) !== 0 || state.epoch !== this.#newestEpoch) return null;
    const events = this.log.batches.flatMap((batch) => batch.events);
    const rebuilt = this.#core.rebuild(events);
    const [live, other] = [this.#core.fingerprint(state), this.#core.fingerprint(rebuilt)];
    this.judge(invariants.always_rebuilt_as_it_lives(live, other, events.length));
    return rebuilt;
  }

  /** The other region answers the same to the same handoff for ever, and takes a job once. */
  #offer(from: string, jobId: JobId, handoff: number, settled: (taken: boolean) => void): void {
    const key = `${jobId}/${handoff}` as JobId;
    this.network.send(from, 'region', () => {
      const taken = this.handedOver.get(key) ?? this.random.int(2) === 0;
      this.handedOver.set(key, taken);
      this.network.send('region', from, () => settled(taken));
    });
  }
}

const compareEvery = 60;
export const short = (id: string): string => id.slice(0, 8);
