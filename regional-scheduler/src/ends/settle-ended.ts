/**
 * Settles the jobs of a page of the log that have ended, in one commit. Where what one of them holds cannot be stored
 * they are settled one by one, and that one is put aside: kept with how it ended but without its story, logged and
 * counted, so that what one job's host has said never stops the end of all others.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { newJobId, type RegionId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SubmissionStore } from '../admission/submission-store.ts';
import { isDataError } from '../db/data-error.ts';
import { newJob } from '../records/fold-job.ts';
import { type Ended, settlementOf } from './settlement-of.ts';

export interface SettleDeps {
  store: Pick<SubmissionStore, 'settle'>;
  regionId: RegionId;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** The end of a job was kept without its story, or not at all. */
  setAside(): void;
  /** What a job has cost its organisation is on record. */
  spent?(tier: Tier, micros: number): void;
}

interface Span {
  fromSeq: number;
  toSeq: number;
}

export async function settleEnded(deps: SettleDeps, ended: readonly Ended[], span: Span): Promise<void> {
  if (await isSettled(deps, ended, span)) return;
  const here = { fromSeq: span.fromSeq, toSeq: span.fromSeq };
  for (const one of ended) {
    if (await isSettled(deps, [one], here)) continue;
    deps.setAside();
    const { jobId } = one.record;
    if (await isSettled(deps, [withoutStory(one, deps.clock.nowMs())], here))
      deps.logger.error({ jobId }, 'the end of a job is kept without its story');
    else deps.logger.error({ jobId }, 'the end of a job is not kept: it holds its reservation for good');
  }
  await isSettled(deps, [], span);
}

/** False: something in it cannot be stored. Somebody else may have settled it meanwhile: then so it is. */
async function isSettled(deps: SettleDeps, ended: readonly Ended[], span: Span): Promise<boolean> {
  const { store, regionId, random } = deps;
  const nowMs = deps.clock.nowMs();
  try {
    const settlement = settlementOf(ended, { regionId, nowMs, newJobId: () => newJobId(random) });
    const isOurs = await store.settle({ ...span, ...settlement, nowMs });
    for (const [at, { record }] of isOurs ? ended.entries() : [])
      deps.spent?.(record.tier, settlement.ends[at]?.costMicros ?? 0);
    return true;
  } catch (thrown) {
    if (!isDataError(thrown)) throw thrown;
    const jobIds = ended.map(({ record }) => record.jobId).slice(0, jobsLoggedMax);
    deps.logger.warn({ err: thrown, jobIds }, 'the ends of jobs cannot be stored as they are');
    return false;
  }
}

const jobsLoggedMax = 20;

function withoutStory({ record, repeated, view }: Ended, nowMs: number): Ended {
  const { phase, result, endedMs } = view;
  const isMoment = endedMs !== null && Number.isSafeInteger(endedMs) && endedMs >= record.submittedMs;
  const because = 'how it went cannot be kept; your operator finds it in the log';
  const ended = { phase, result, because, endedMs: isMoment && endedMs < momentMsMax ? endedMs : nowMs };
  return { record, repeated, view: { ...newJob(null), ...ended } };
}

/** The last moment that a Date has. */
const momentMsMax = 8.64e15;
