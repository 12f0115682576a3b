/** One round of decisions: what it reads, and the events it has made, each applied as it is made. */
import { newAttemptId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { applyEvent } from '../apply-event.ts';
import { versionOf } from '../contain/contain.ts';
import { freeDevices, type Host } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { SchedulerEvent } from '../model/event.ts';
import type { SchedulerState } from '../state.ts';

/** Distributes over the union: each event without its time. */
type Undated<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never;

export class Turn {
  readonly state: SchedulerState;
  readonly nowMs: number;
  readonly events: SchedulerEvent[] = [];
  readonly random: Random;
  readonly #eventsMax: number;

  constructor(state: SchedulerState, nowMs: number, random: Random, eventsMax: number) {
    this.state = state;
    this.nowMs = nowMs;
    this.random = random;
    this.#eventsMax = eventsMax;
  }

  /** The rest is for the next round, so that no round takes long. */
  get isFull(): boolean {
    return this.events.length >= this.#eventsMax;
  }

  emit(undated: Undated<SchedulerEvent>): void {
    const event = { ...undated, atMs: this.nowMs } as SchedulerEvent;
    if (!applyEvent(this.state, event))
      throw new Error(`decided what does not fit: ${JSON.stringify(event)}`);
    this.events.push(event);
  }

  placeOn(row: Row, host: Host): void {
    const { jobs, contain, tries } = this.state;
    const { binary, gpus } = jobs.templateOf(row);
    const jobId = jobs.ids[row]!;
    const failures = tries.get(row)?.failures ?? [];
    this.emit({
      type: 'job_placed',
      jobId,
      attemptId: newAttemptId(this.random),
      hostId: host.spec.hostId,
      devices: freeDevices(host, gpus),
      version: versionOf(contain, binary, jobId, failures) ?? '',
    });
  }
}
