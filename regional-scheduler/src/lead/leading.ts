/**
 * Leading, from the first turn of a term to its end. Turns follow one another; each takes in what has come, decides,
 * writes its events down in one commit (or a few, when there are very many), and only then answers agents. Between
 * applying and the commit the state is ahead of the log, so that nobody outside is told anything in that time; if the
 * commit does not come about, the state is thrown away (`isClean` false).
 *
 *     take in ──▶ decide, apply ──▶ append (fenced) ──▶ tell readers ──▶ answer agents ──▶ wait for more
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { applyEvent } from '../core/apply-event.ts';
import { Term } from '../core/reports/term.ts';
import type { AttemptView } from '../core/reports/views.ts';
import type { SchedulerState } from '../core/state.ts';
import type { LeaderTerm } from '../leader/term.ts';
import { appendSurely } from '../log/append-surely.ts';
import type { Arrival, Arrivals } from '../log/arrivals.ts';
import type { ArrivalPoint, EventLog, LogEntry, StoredEntry } from '../log/event-log.ts';
import { answerDue, needPrompts } from './answering.ts';
import { pointOf, Turn } from './decide-turn.ts';
import { Inbox } from './inbox.ts';
import type { Payloads } from './payloads.ts';
import { Pipeline } from './pipeline.ts';
import { RegionTime } from './region-time.ts';
import { catchUp, type Replica } from './replica.ts';
import { Wakeup } from './wakeup.ts';

export interface LeadingDeps {
  log: EventLog;
  arrivals: Arrivals;
  payloads: Payloads;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** After each commit. */
  committed(entries: readonly StoredEntry[]): void;
  /** How long a turn took, and how many events it wrote. */
  measured?(turn: { ms: number; events: number; appendMs: number }): void;
  agentLeaseMs: number;
  /** What agents are not told to begin yet (core/reports/orders.ts), by a state that is written down. */
  withholds?(state: SchedulerState, one: AttemptView, isToldOf: boolean): boolean;
}

export class Leading {
  readonly inbox: Inbox;
  readonly #deps: LeadingDeps;
  readonly #term: LeaderTerm;
  readonly #replica: Replica;
  readonly #wakeup: Wakeup;
  #hosts: Term;
  #time: RegionTime;
  isClean = true;
  /** Before, the state is behind what the last leader wrote: what runs by then may be queued in it. */
  #hasBegun = false;
  #isAway = false;
  /** What comes after the arrivals that are being worked on, where there were too many to take at once. */
  #ahead: Promise<Arrival[] | null> | null = null;
  #wanted: ((state: SchedulerState | null) => void)[] = [];

  constructor(deps: LeadingDeps, term: LeaderTerm, replica: Replica) {
    this.#deps = deps;
    this.#term = term;
    this.#replica = replica;
    this.#wakeup = new Wakeup(deps.clock);
    this.inbox = new Inbox(deps.clock, () => this.#wakeup.wake());
    this.#hosts = this.#termOfHosts();
    this.#time = new RegionTime(deps.clock, replica.state.atMs);
  }

  wake(): void {
    this.#wakeup.wake();
  }

  /** Whether the state is what is written, no more and no less. */
  get isWritten(): boolean {
    return this.#hasBegun && this.isClean;
  }

  /** The state with all in it that is written and nothing else, to be looked at at once; null: there is none in this term. */
  whenClean(): Promise<SchedulerState | null> {
    if (this.#term.lost.aborted) return Promise.resolve(null);
    if (this.isWritten) return Promise.resolve(this.#replica.state);
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** There may be news for these hosts; null: for all. */
  touch(hostIds: readonly HostId[] | null): void {
    for (const hostId of hostIds ?? [...this.inbox.parked()].map(({ report }) => report.hostId))
      this.inbox.touch(hostId);
    this.wake();
  }

  #show(state: SchedulerState | null): void {
    for (const wanted of this.#wanted.splice(0)) wanted(state);
  }

  /** Returns when the term is over. */
  async run(): Promise<void> {
    const { lost, epoch } = this.#term;
    const onLost = () => this.#wakeup.wake();
    lost.addEventListener('abort', onLost);
    try {
      await this.#begin();
      this.#deps.logger.info({ epoch, seq: this.#replica.seq }, 'leading the region');
      while (!lost.aborted) {
        const isMore = await this.#turn();
        if (!isMore && !this.inbox.hasFresh()) await this.#pause();
      }
    } catch (error) {
      if (!lost.aborted) this.#deps.logger.error({ err: error, epoch }, 'leading failed');
      this.#term.lose('a turn failed');
    } finally {
      lost.removeEventListener('abort', onLost);
      this.inbox.close(nobodyLeads());
      this.#show(null);
    }
  }

  /** Nobody but this term can append now: what is in the log is all there is. */
  async #begin(): Promise<void> {
    const { clock, log, committed } = this.#deps;
    await catchUp(this.#replica, log, { clock, signal: this.#term.lost }, committed);
    this.#hosts = this.#termOfHosts();
    this.#time = new RegionTime(this.#deps.clock, this.#replica.state.atMs);
    const event = { type: 'term_began' as const, atMs: this.#nowMs(), epoch: this.#term.epoch };
    this.isClean = false;
    applyEvent(this.#replica.state, event);
    await this.#append([{ event }]);
    this.isClean = true;
    this.#hasBegun = true;
    this.#show(this.#replica.state);
  }

  /** Whether there is more of what it took in. */
  async #turn(): Promise<boolean> {
    const { clock, random } = this.#deps;
    const arrivals = await this.#arrived();
    if (!this.#term.isSafe()) return false;
    if (arrivals === null) {
      await sleep(clock, limits.scheduler.turnMs, this.#term.lost);
      return false;
    }
    const last = arrivals.at(-1);
    if (last && arrivals.length === limits.scheduler.arrivalsMax)
      this.#ahead = this.#lookAfter(pointOf(last));
    const beganMs = clock.monotonicMs();
    const reports = this.inbox.take(limits.scheduler.reportsPerTurn).map(({ report }) => report);
    this.isClean = false;
    const turn = new Turn(this.#replica.state, this.#hosts, {
      ...{ arrivals, reports, random, nowMs: this.#nowMs(), monotonicMs: beganMs },
    });
    const pipeline = new Pipeline((piece: readonly LogEntry[]) => this.#append(piece));
    for (const piece of turn.decide()) await (piece.length > 0 ? pipeline.push(piece) : pipeline.turn());
    const decidedMs = clock.monotonicMs();
    // Read while the last piece is written; what fails is asked for again when agents are answered.
    const prompts = needPrompts({ ...this.#deps, lost: this.#term.lost }, turn.placed).catch(() => {});
    await pipeline.done();
    // All is on record: whoever waits for that does not wait for the prompts too, which only agents need.
    this.isClean = true;
    this.#show(this.#replica.state);
    if (last) this.#replica.watermark = pointOf(last);
    for (const hostId of turn.touched) this.inbox.touch(hostId);
    await prompts;
    const { inbox } = this;
    await answerDue(
      { ...this.#deps, inbox, isSafe: () => this.#term.isSafe(), lost: this.#term.lost },
      { state: this.#replica.state, hosts: this.#hosts, nowMs: this.#nowMs() },
    );
    const endedMs = clock.monotonicMs();
    this.#deps.measured?.({
      ms: endedMs - beganMs,
      events: turn.events,
      appendMs: endedMs - decidedMs,
    });
    return turn.isMore || arrivals.length === limits.scheduler.arrivalsMax;
  }

  /** What was read ahead may have failed in a time that the term has survived: it is looked for once more. */
  async #arrived(): Promise<Arrival[] | null> {
    const ahead = this.#ahead;
    this.#ahead = null;
    const found = await ahead?.catch(() => null);
    return found ?? this.#lookAfter(this.#replica.watermark);
  }

  #lookAfter(point: ArrivalPoint): Promise<Arrival[] | null> {
    const found = this.#takeAfter(point);
    // Whoever waits for it hears of its failure; a term that ends meanwhile does not wait.
    found.catch(() => {});
    return found;
  }

  /** Null while the store is away: nothing is decided that could not be written. */
  async #takeAfter(point: ArrivalPoint): Promise<Arrival[] | null> {
    const { arrivals, logger, clock } = this.#deps;
    const { arrivalsMax, statementMs } = limits.scheduler;
    try {
      const take = () => arrivals.take(point, arrivalsMax);
      const arrived = await withDeadline(clock, statementMs, looking, take, this.#term.lost);
      this.#isAway = false;
      return arrived;
    } catch (error) {
      if (!(error instanceof CellbookError) || error.code !== 'store_unavailable') throw error;
      if (!this.#isAway)
        logger.warn({ err: error }, 'the record cannot be reached; nothing is decided until it can');
      this.#isAway = true;
      return null;
    }
  }

  async #append(entries: readonly LogEntry[]): Promise<void> {
    const { log, clock } = this.#deps;
    const batch = { epoch: this.#term.epoch, firstSeq: this.#replica.seq + 1, entries };
    await appendSurely(log, batch, { clock, signal: this.#term.lost });
    const { epoch, firstSeq } = batch;
    this.#deps.committed(
      entries.map(({ event, arrival }, index) => {
        const stored = { event, seq: firstSeq + index, epoch };
        return arrival ? { ...stored, arrival } : stored;
      }),
    );
    this.#replica.seq += entries.length;
  }

  async #pause(): Promise<void> {
    if (this.#term.lost.aborted) return;
    const waitMs = this.inbox.nextDueMs() - this.#deps.clock.monotonicMs();
    const { pauseMsMin, turnMs } = limits.scheduler;
    await this.#wakeup.wait(Math.max(pauseMsMin, Math.min(turnMs, waitMs)));
  }

  #nowMs(): number {
    return this.#time.nowMs(this.#replica.state.atMs);
  }

  #termOfHosts(): Term {
    return new Term({
      epoch: this.#term.epoch,
      beganMs: this.#deps.clock.monotonicMs(),
      leaseMs: this.#deps.agentLeaseMs,
      marginMs: limits.scheduler.agentMarginMs,
      stallMs: limits.scheduler.stallMs,
    });
  }
}

/** Not an outage, which is waited for: a connection that is dead without a word. Another may lead meanwhile. */
const looking = { code: 'command_timeout', doing: 'looking for what has arrived' } as const;

const nobodyLeads = (): CellbookError =>
  new CellbookError('capacity_exhausted', {
    doing: 'answering a report',
    problem: 'this instance no longer leads the region',
    next: 'Report again, here or to another instance.',
    retryAfterMs: limits.scheduler.campaignMs,
  });
