/**
 * One client's stream of one job: `event: job` for each event of its in the log after the client's Last-Event-ID, with
 * the job as it was then. The log is the truth; hints and a timer only say when to look.
 *
 *     hint, timer ─▶ read events after the last one ─▶ fold each, write those that are new ─▶ wait for the reader
 *
 * What comes before Last-Event-ID is folded and not written, so that going on costs nothing and repeats nothing. After
 * the job's end the stream ends; who comes back then with the last id is told that there is no more (204).
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { EventSink } from '@cellbook/shared/http/response-sink.ts';
import type { AttemptId, JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { EventLog } from '../../log/event-log.ts';
import { type FoldedJob, foldJob, newJob } from '../../records/fold-job.ts';
import type { Viewed } from '../../records/read-views.ts';
import { runningAttempt } from '../logs/with-live.ts';
import { iso, presentJob } from '../present-job.ts';

/** Where the stream goes: a response, as far as it is needed here. */
export interface JobEventStreamDeps {
  log: Pick<EventLog, 'eventsOf'>;
  clock: Clock;
  sink: EventSink;
  regionId: RegionId;
  /** The job, as it is shown; its view is folded here. */
  viewed: Viewed;
  /** Whose events they are: its own, or those of the job whose result it has. */
  jobId: JobId;
  /** The last event the client has; 0: none. */
  afterSeq: number;
  /** What is heard of the attempt that runs; null: nothing. */
  progressOf(attemptId: AttemptId): Promise<number | null>;
  onFailure(error: unknown): void;
}

export class JobEventStream {
  readonly #deps: JobEventStreamDeps;
  readonly #view: FoldedJob = newJob(null);
  readonly #heartbeat: Repeating;
  readonly #look: Repeating;
  #seq = 0;
  #progress: number | null = null;
  #dirty = false;
  #pumping = false;
  #ended = false;

  constructor(deps: JobEventStreamDeps) {
    this.#deps = deps;
    const { clock, sink } = deps;
    sink.write('retry: 2000\n\n');
    this.#heartbeat = repeating(clock, limits.jobs.eventHeartbeatMs, () => sink.write(': heartbeat\n\n'));
    this.#look = repeating(clock, limits.jobs.eventLookMs, () => this.hint());
    this.hint();
  }

  /** There may be something to tell. */
  hint(): void {
    this.#dirty = true;
    if (!this.#pumping && !this.#ended) void this.#pump();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat.stop();
    this.#look.stop();
    this.#deps.sink.end();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      while (this.#dirty && !this.#ended) {
        this.#dirty = false;
        await this.#tell();
      }
    } catch (error) {
      this.#deps.onFailure(error);
      // The client comes back with the last id it got.
      this.end();
    } finally {
      this.#pumping = false;
    }
  }

  async #tell(): Promise<void> {
    const { log, jobId, afterSeq, sink } = this.#deps;
    for (const { seq, event } of await log.eventsOf([jobId], this.#seq)) {
      if (this.#ended) return;
      foldJob(this.#view, event);
      this.#seq = seq;
      if (seq > afterSeq && !sink.write(this.#eventOf(event.type, event.atMs))) await this.#drained();
      if (this.#view.endedMs !== null) this.end();
    }
    await this.#tellProgress();
  }

  /** True now and not told again: it has no id. */
  async #tellProgress(): Promise<void> {
    const { progressOf, sink, clock, viewed } = this.#deps;
    const attemptId = this.#ended ? null : runningAttempt({ view: this.#view });
    const progress = attemptId && (await progressOf(attemptId));
    if (progress === null || progress === this.#progress || this.#ended) return;
    this.#progress = progress;
    const data = { jobId: viewed.record.jobId, progress, at: iso(clock.nowMs()) };
    sink.write(`event: progress\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #eventOf(what: string, atMs: number): string {
    const { viewed, regionId } = this.#deps;
    const job = presentJob({ ...viewed, view: this.#view }, regionId);
    return `id: ${regionId}:${this.#seq}\nevent: job\ndata: ${JSON.stringify({ job, what, at: iso(atMs) })}\n\n`;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const tooSlow = this.#deps.clock.setTimer(limits.jobs.eventDrainMs, () => {
        this.end();
        resolve();
      });
      this.#deps.sink.onceDrained(() => {
        tooSlow.cancel();
        resolve();
      });
    });
  }
}

interface Repeating {
  stop(): void;
}

function repeating(clock: Clock, everyMs: number, work: () => void): Repeating {
  let timer: Timer = clock.setTimer(everyMs, again);
  function again(): void {
    work();
    timer = clock.setTimer(everyMs, again);
  }
  return { stop: () => timer.cancel() };
}
