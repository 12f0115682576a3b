/**
 * Outside of the region: the record of who guards its queue, and its guardian, which keeps a copy of the queue and takes
 * it up when the region is not heard of. The rules are production's (core/federation/guardian.ts and the record's own);
 * what is simulated is the way there: the copies' messages are lost, doubled and late, a claim and its taking are steps.
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import {
  changeRecord,
  noRecord,
  type RecordAnswer,
  type RecordChange,
  type RegionRecord,
} from '@cellbook/shared/protocol/region-record.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type CopiedJob, copied, isTakenUp, released, type Told } from '../../core/federation/guardian.ts';
import type { Timeline } from '../timeline.ts';
import type { Network } from './network.ts';

export const lostMs = 20_000;
const lookMs = 5_000;
const takeMsMax = 400;

export interface GuardianDeps {
  regionId: RegionId;
  timeline: Timeline;
  network: Network;
  random: Random;
  note(what: string): void;
  /** It is its own from now on. */
  took(jobId: JobId): void;
  /** Only to show that the simulation finds it: what was let go is taken too. */
  takesAll: boolean;
}

export class SimulatedGuardian {
  readonly taken = new Set<JobId>();
  record: RegionRecord = noRecord;
  doneEpoch = 0;
  readonly #copies = new Map<JobId, CopiedJob>();
  readonly #deps: GuardianDeps;

  constructor(deps: GuardianDeps) {
    this.#deps = deps;
    deps.timeline.after(lookMs, () => this.#look());
  }

  /** At the record. */
  change(change: RecordChange | null): RecordAnswer {
    const { timeline } = this.#deps;
    const after = change === null ? this.record : changeRecord(this.record, change, timeline.nowMs);
    if (typeof after === 'string') return { record: this.record, refused: after };
    this.record = after;
    return { record: after, refused: null };
  }

  copy(jobId: JobId, told: Told, state: 'queued' | 'released'): void {
    const known = this.#copies.get(jobId) ?? null;
    const after = copied(known, told, this.doneEpoch);
    if (after) this.#copies.set(jobId, after === known ? after : { ...after, state });
  }

  release(jobId: JobId, told: Told): 'released' | 'taken' | null {
    const after = released(this.#copies.get(jobId) ?? null, told, this.doneEpoch);
    if (after) this.#copies.set(jobId, after);
    return after === null || after.state === 'queued' ? null : after.state;
  }

  /** What a region that was away has to know. */
  tell(epoch: number): { isDone: boolean; jobs: JobId[] } {
    return { isDone: this.doneEpoch >= epoch, jobs: [...this.taken] };
  }

  #look(): void {
    const { network, timeline, regionId } = this.#deps;
    network.call('region', 'witness', () => {
      const { record } = this;
      if (record.guardian === regionId)
        this.change({ type: 'claim', epoch: record.epoch, by: regionId, word: null });
      network.call('witness', 'region', () => this.#take());
    });
    timeline.after(lookMs, () => this.#look());
  }

  /** One after the other; messages come in between. */
  #take(): void {
    const { claim } = this.record;
    if (claim === null || this.doneEpoch >= claim.epoch) return;
    const takes = this.#deps.takesAll ? 'all' : claim.takes;
    for (const [jobId, copy] of this.#copies) {
      if (!isTakenUp(copy, claim.of, takes)) continue;
      this.#copies.set(jobId, { ...copy, state: 'taken' });
      this.taken.add(jobId);
      this.#deps.note(`the guardian takes ${jobId}`);
      this.#deps.took(jobId);
      this.#deps.timeline.after(1 + this.#deps.random.int(takeMsMax), () => this.#take());
      return;
    }
    this.doneEpoch = claim.epoch;
    this.#deps.note(`the guardian has taken what was queued under epoch ${claim.of}`);
  }
}
