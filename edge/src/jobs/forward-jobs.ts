/**
 * GPU jobs go to a scheduler of the caller's region. Of several the one that answered last is asked first; a request
 * without a body goes on to the next where one cannot be reached. A job that another region has taken over is answered
 * 421 with that region's name, and asked for there, once; but not for a client that insists on a region. Where a region
 * is lost, what is read is asked of the one that has taken up its queue (held-by.ts).
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { jobRegionHeader } from '@cellbook/shared/protocol/jobs-api.ts';
import { principalHeader, regionHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Scheduler } from '../config.ts';
import type { Identity } from '../identity/identity.ts';
import type { Forwarded, Forwarder } from '../route/forward.ts';
import { passOn, sendTo } from '../route/send.ts';

/** Null: whoever has the address may fetch it. */
export type JobForwarded = Omit<Forwarded, 'identity'> & { identity: Identity | null; staysIn: boolean };
export type JobForwarder = Pick<Forwarder, 'clock' | 'random' | 'principals' | 'onUnreachable'> & {
  schedulers: readonly Scheduler[];
  /** Who has taken up the queue of a region that is not back yet; null: nobody. */
  heldBy(region: string): Promise<string | null>;
  /** Given each answer: a scheduler may know of a change that the edge has not read yet. */
  rereadIfBehind(answer: Response, defer: Forwarded['defer']): void;
};

export type ForwardJobs = (forwarded: JobForwarded, region: string) => Promise<Response>;

export function forwardJobs(forwarder: JobForwarder): ForwardJobs {
  const lastGood = new Map<string, Scheduler>();
  const ask = async (forwarded: JobForwarded, region: string): Promise<Response> => {
    const { request, identity, policy, requestId } = forwarded;
    const ofRegion = forwarder.schedulers.filter((one) => one.region === region);
    const first = lastGood.get(region);
    const inOrder = first ? [first, ...ofRegion.filter((one) => one !== first)] : ofRegion;
    for (const scheduler of inOrder) {
      const to = { cell: scheduler, pinEpoch: 0, ...(policy && { policy }) };
      const own = identity && { [principalHeader]: await forwarder.principals.sign(identity, to) };
      try {
        const answer = await sendTo(forwarder, forwarded, scheduler.url, own ?? {});
        lastGood.set(region, scheduler);
        forwarder.rereadIfBehind(answer, forwarded.defer);
        return answer;
      } catch (cause) {
        lastGood.delete(region);
        // The next request begins with another.
        const next = ofRegion.find((one) => one !== scheduler);
        if (next) lastGood.set(region, next);
        const error = unreachable(
          { scheduler: scheduler.id, region, requestId },
          'it does not answer',
          cause,
        );
        forwarder.onUnreachable(error);
        if (request.body) throw error;
      }
    }
    const why = inOrder.length === 0 ? 'the region has none' : 'none of the region answers';
    throw unreachable({ region, requestId }, why);
  };
  /** What it does not have has not been taken up, and waits for its region. */
  const askHolder = async (forwarded: JobForwarded, region: string, error: unknown): Promise<Response> => {
    const isRead = forwarded.request.method === 'GET' && !forwarded.staysIn && forwarded.identity !== null;
    const holder = isRead ? await forwarder.heldBy(region).catch(() => null) : null;
    if (holder === null) throw error;
    const answer = await ask(forwarded, holder);
    if (answer.status !== 404) return answer;
    await answer.body?.cancel();
    throw error;
  };
  return async (forwarded, region) => {
    const answer = await ask(forwarded, region).catch((error: unknown) =>
      askHolder(forwarded, region, error),
    );
    const there = answer.status === 421 ? answer.headers.get(jobRegionHeader) : null;
    if (there === null || forwarded.request.body) return passOn(answer);
    await answer.body?.cancel();
    if (forwarded.staysIn) throw goneElsewhere(region, there);
    return passOn(await ask(forwarded, there));
  };
}

const goneElsewhere = (asked: string, region: string): CellbookError =>
  new CellbookError('region_refused', {
    doing: 'asking for a job in the region that the client insists on',
    problem: `region ${asked} has handed the job over to region ${region}`,
    next: `Leave ${regionHeader} out (and the name of a region) to be answered from there.`,
    ids: { asked, region },
  });

function unreachable(ids: Record<string, string>, problem: string, cause?: unknown): CellbookError {
  return new CellbookError('scheduler_unreachable', {
    ...{ doing: 'asking the scheduler of GPU jobs', problem, ids, cause },
    next: 'Nothing is lost that was acknowledged. Try again in a few seconds, with the same Idempotency-Key.',
    retryAfterMs: limits.edge.unreachableRetryAfterMs,
  });
}
