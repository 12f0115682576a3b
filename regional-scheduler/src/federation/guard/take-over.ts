/**
 * The guardian's side of a region that is lost: its leader looks at the records of those it guards, claims one that was
 * not heard of for its time and that does not answer here either, and takes up what was queued there. It keeps nothing
 * that matters: a claim that is not done is found in the record and gone on with, by whoever leads.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { regionStatusSchema } from '@cellbook/shared/protocol/federation-api.ts';
import type { RegionRecord } from '@cellbook/shared/protocol/region-record.ts';
import type { Region } from '../../region.ts';
import type { PeerCaller } from '../peers.ts';
import type { CopyBook } from './guard-store.ts';
import type { RegionRecords } from './region-records.ts';

export interface TakeOverDeps {
  regionId: RegionId;
  region: Pick<Region, 'leadership' | 'wake'>;
  peers: PeerCaller;
  records: RegionRecords;
  book: CopyBook;
  /** False: it is done at an operator's word alone. */
  isAutomatic: boolean;
  /** After which no lease of an agent lasts that nobody has renewed. */
  leasesOverMs: number;
  clock: Clock;
  log: Logger;
}

export class TakeOver {
  readonly #deps: TakeOverDeps;
  /** Of claims that take what ran too: since when they are known here. */
  readonly #stoppedMs = new Map<string, number>();
  #prunedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: TakeOverDeps) {
    this.#deps = deps;
  }

  /** One round; repeats are harmless. */
  async round(): Promise<void> {
    const { region, peers, log, book, clock } = this.#deps;
    if (!region.leadership().leads) return;
    for (const lost of peers.regions)
      await this.#look(lost).catch((error: unknown) =>
        log.info({ err: error, region: lost }, 'the record of a region is looked at later'),
      );
    if (clock.monotonicMs() - this.#prunedMs < limits.federation.pruneEveryMs) return;
    this.#prunedMs = clock.monotonicMs();
    await book.prune(clock.nowMs());
  }

  async #look(lost: RegionId): Promise<void> {
    const { regionId, records, isAutomatic, log } = this.#deps;
    const { record } = await records.ask(lost, null);
    if (record.claim?.by === regionId) await this.#take(lost, record.claim);
    if (record.guardian !== regionId || !isAutomatic || (await this.#answers(lost))) return;
    const claim = { type: 'claim', epoch: record.epoch, by: regionId, word: null } as const;
    const { record: after, refused } = await records.ask(lost, claim);
    if (refused !== null || after.claim === null) return;
    log.warn({ region: lost, epoch: record.epoch }, 'a region counts as lost: its queue is taken up here');
    await this.#take(lost, after.claim);
  }

  async #take(lost: RegionId, claim: NonNullable<RegionRecord['claim']>): Promise<void> {
    const { book, region, clock, log } = this.#deps;
    if ((await book.doneEpoch(lost)) >= claim.epoch) return;
    if (claim.takes === 'all' && !this.#mayRunNoMore(`${lost} ${claim.epoch}`)) return;
    let taken = 0;
    for (let more = 1; more > 0; taken += more) {
      more = await book.take(lost, claim, clock.nowMs());
      if (more > 0) region.wake();
    }
    log.warn({ region: lost, claim, taken }, 'what was queued in a lost region is taken up');
  }

  /** Its agents end what they run when nobody renews their leases; that nobody does is an operator's word. */
  #mayRunNoMore(key: string): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    const sinceMs = this.#stoppedMs.get(key) ?? nowMs;
    this.#stoppedMs.set(key, sinceMs);
    return nowMs - sinceMs > this.#deps.leasesOverMs;
  }

  #answers(lost: RegionId): Promise<boolean> {
    const call = { method: 'GET', path: '/federation/v1/status' } as const;
    return this.#deps.peers.call(lost, call, regionStatusSchema).then(
      () => true,
      () => false,
    );
  }
}
