/**
 * Keeps the record of this region: says that it is there, sees to it that somebody guards it who answers, and finds out
 * what became of its queue while it was away, before it goes on.
 *
 *     nothing stored ──record read, guarded by nobody──▶ guard ──▶ believed, stored ──renew──▶ …
 *         │ guarded by somebody: this is a region without its memory; it waits until that one has claimed it
 *     refused: the record's epoch is another
 *         ├─ nobody has claimed ──▶ an answer to one’s own change was lost: believed
 *         └─ claimed ──▶ what was taken is asked for, told to the leader, gone from the state ──▶ guard ──▶ believed
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { copiesAnswerSchema, takenAnswerSchema } from '@cellbook/shared/protocol/federation-api.ts';
import type { RecordChange, RegionRecord } from '@cellbook/shared/protocol/region-record.ts';
import { guardPaths } from './guard-routes.ts';
import type { QueueGuard } from './queue-guard.ts';

/** What this region believes of its record. */
export interface Belief {
  epoch: number;
  guardian: RegionId | null;
  /** By a leader that has not changed the record yet. */
  isFresh: boolean;
  /** Monotonic, before it was asked. */
  renewedMs: number;
}

export async function keepRecord(guard: QueueGuard): Promise<void> {
  const { regionId, records, clock, log } = guard.deps;
  if (clock.monotonicMs() < guard.askAgainMs) return;
  try {
    if (guard.belief === null) {
      const { record } = await records.ask(regionId, null);
      guard.isToBeClaimed = record.guardian !== null;
      if (record.guardian !== null)
        log.warn(
          { record },
          'this region knows nothing of its guardian; it begins when that one has claimed it',
        );
      else await change(guard, record.epoch, await willingGuardian(guard, null));
      return;
    }
    await keepUp(guard, guard.belief);
  } catch (error) {
    log.info({ err: error }, 'the record of this region is kept later');
    guard.askAgainMs = clock.monotonicMs() + limits.federation.statusEveryMs;
  }
}

async function keepUp(guard: QueueGuard, belief: Belief): Promise<void> {
  const { regionId, records, clock, lostMs } = guard.deps;
  const guardian = await willingGuardian(guard, belief.guardian);
  if (belief.isFresh || guardian !== belief.guardian) return change(guard, belief.epoch, guardian);
  const askedMs = clock.monotonicMs();
  // What was taken tells of a claim.
  const isTold = guard.taken.size > 0 && askedMs - guard.toldMs >= limits.federation.everyMs;
  if (askedMs - belief.renewedMs < lostMs / 3 && !isTold) return;
  const renewal = { type: 'renew', epoch: belief.epoch, ttlMs: lostMs } as const;
  const { record, refused } = await records.ask(regionId, renewal);
  if (refused !== null) return catchUp(guard, belief, record);
  belief.renewedMs = askedMs;
}

async function change(guard: QueueGuard, epoch: number, guardian: RegionId | null): Promise<void> {
  const { regionId, records, clock, lostMs } = guard.deps;
  const askedMs = clock.monotonicMs();
  const wanted: RecordChange = { type: 'guard', epoch, guardian, ttlMs: lostMs };
  const { record, refused } = await records.ask(regionId, wanted);
  if (refused === null) return believe(guard, record, askedMs, false);
  if (guard.belief) await catchUp(guard, guard.belief, record);
}

/** Stored first, by a leader that is still one: who leads next has read it, and nothing was copied before. */
async function believe(
  guard: QueueGuard,
  { epoch, guardian }: Pick<RegionRecord, 'epoch' | 'guardian'>,
  renewedMs: number,
  isFresh: boolean,
): Promise<void> {
  if (guard.term === null || !(await guard.deps.own.write(guard.term, epoch, guardian))) return;
  guard.taken.clear();
  guard.belief = { epoch, guardian, renewedMs, isFresh };
  guard.deps.log.info({ epoch, guardian }, 'the queue of this region is guarded');
}

/** The record has gone on without this region’s knowledge. */
async function catchUp(guard: QueueGuard, belief: Belief, record: RegionRecord): Promise<void> {
  const { claim } = record;
  if (claim === null || claim.epoch < belief.epoch)
    return believe(guard, record, Number.NEGATIVE_INFINITY, true);
  if (!(await learnTaken(guard, claim))) return;
  if (await settleTaken(guard, claim.by)) await change(guard, record.epoch, null);
}

/** False: it is not done, or not all of it is known yet. */
async function learnTaken(
  { deps: { peers }, taken }: QueueGuard,
  { by, epoch, of }: NonNullable<RegionRecord['claim']>,
): Promise<boolean> {
  let after = '';
  for (;;) {
    const path = `${guardPaths.taken}?epoch=${epoch}&of=${of}&after=${encodeURIComponent(after)}`;
    const { isDone, jobs, next } = await peers.call(by, { method: 'GET', path }, takenAnswerSchema);
    for (const jobId of jobs) taken.add(jobId);
    if (!isDone) return false;
    if (next === null) return true;
    after = next;
  }
}

/** Tells the leader of what was taken; true once its state has nothing of it any more. */
async function settleTaken(guard: QueueGuard, by: RegionId): Promise<boolean> {
  const { region, whenClean, clock, log } = guard.deps;
  const state = await whenClean();
  if (!state) return false;
  const left = [...guard.taken].filter((jobId) => state.jobs.rowOf(jobId) !== undefined);
  if (left.length === 0) return true;
  const { tellAgainMs, callsMax } = limits.federation;
  if (clock.monotonicMs() - guard.toldMs < tellAgainMs) return false;
  log.warn({ by, jobs: left.length }, 'jobs were taken up by another region while this one counted as lost');
  const tell = (jobId: JobId) =>
    region.ask({ type: 'job_taken_up', atMs: clock.nowMs(), jobId, by }, `region ${by}`);
  for (let at = 0; at < left.length; at += callsMax)
    await Promise.all(left.slice(at, at + callsMax).map(tell));
  guard.toldMs = clock.monotonicMs();
  return false;
}

/** The one there is, while it answers and is understood; else the first of the others that does; null: nobody. */
async function willingGuardian(guard: QueueGuard, current: RegionId | null): Promise<RegionId | null> {
  const { peers, clock } = guard.deps;
  const nowMs = clock.monotonicMs();
  const heardOf = async (regionId: RegionId): Promise<boolean> => {
    const last = guard.heardMs.get(regionId) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - last < limits.federation.statusEveryMs) return true;
    // Who answers without its store could not guard anything: this goes to its book of copies, and tells of none.
    const call = { method: 'POST', path: guardPaths.copies, body: { epoch: 0, jobs: [] } } as const;
    try {
      await peers.call(regionId, call, copiesAnswerSchema);
    } catch (error) {
      guard.unheard.set(regionId, error instanceof Error ? error.message : String(error));
      return false;
    }
    guard.heardMs.set(regionId, clock.monotonicMs());
    guard.unheard.delete(regionId);
    return true;
  };
  if (current !== null && !isMisunderstood(guard, current)) {
    if (await heardOf(current)) return current;
    if (guard.silentMs(current) < limits.federation.guardianSilentMs) return current;
  }
  for (const regionId of peers.regions)
    if (regionId !== current && !isMisunderstood(guard, regionId) && (await heardOf(regionId)))
      return regionId;
  return null;
}

/** It answers, but the two do not understand each other: for some minutes this region goes on without it. */
function isMisunderstood({ misheardMs, deps }: QueueGuard, regionId: RegionId): boolean {
  const { guardianSilentMs, misheardAgainMs } = limits.federation;
  const sinceMs = Math.min(...(misheardMs.get(regionId)?.values() ?? []));
  const forMs = deps.clock.monotonicMs() - sinceMs;
  if (forMs >= guardianSilentMs + misheardAgainMs) misheardMs.delete(regionId);
  return forMs >= guardianSilentMs && forMs < guardianSilentMs + misheardAgainMs;
}
