/** Tells the guardian of jobs that are queued, or under way, as far as the log has them; what it has already goes without its content. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { copiesAnswerSchema } from '@cellbook/shared/protocol/federation-api.ts';
import { PeerError } from '../peers.ts';
import { firstOf } from './first-of.ts';
import { guardPaths } from './guard-routes.ts';
import type { CopyOfJob } from './guard-store.ts';
import type { QueueGuard } from './queue-guard.ts';
import { toldOf } from './turn-of.ts';

export async function sendCopies(guard: QueueGuard): Promise<void> {
  const { deps, toCopy } = guard;
  lookAgain(guard);
  for (;;) {
    const { belief } = guard;
    if (belief?.guardian == null) return;
    const { epoch, guardian } = belief;
    if (toCopy.size === 0) {
      // What it did not take is told, left out, or over: what is told next shows whether it is understood.
      guard.understand(guardian, guardPaths.copies);
      return tellComplete(guard, epoch, guardian);
    }
    const state = await deps.whenClean();
    if (!state || guard.belief?.epoch !== epoch) return;
    const some = firstOf(toCopy, limits.federation.copiesPerCall);
    const told = some.flatMap(([jobId]) => toldOf(state, jobId, guardian) ?? []);
    const wanted = new Set(some.filter(([, isWhole]) => isWhole).map(([jobId]) => jobId));
    // What happens to them from now on is told by another message.
    for (const [jobId] of some) toCopy.delete(jobId);
    const again = (jobs: readonly Pick<CopyOfJob, 'jobId'>[]) => {
      for (const { jobId } of jobs) toCopy.set(jobId, toCopy.get(jobId) || wanted.has(jobId));
    };
    try {
      const { jobs, left } = await withContent(guard, told, wanted);
      await send(guard, epoch, guardian, jobs);
      again(left);
    } catch (error) {
      again(told.filter(({ jobId }) => !guard.leftOut.has(jobId)));
      throw error;
    }
    await guard.keep();
  }
}

/**
 * A message that the guardian refuses as a whole would be refused for ever, and keep all others back: where it takes an
 * empty one it is sent in halves, until what it refuses is one job, which is left out. Where it refuses several jobs and
 * takes none in between the fault may be its own: the round ends, and if it goes on like that it is no guardian.
 */
async function send(
  guard: QueueGuard,
  epoch: number,
  guardian: RegionId,
  jobs: readonly CopyOfJob[],
): Promise<void> {
  const refusal = await tell(guard, epoch, guardian, jobs);
  if (refusal === null) return;
  const isAll = (await tell(guard, epoch, guardian, [])) !== null;
  if (isAll) throw refusal;
  await sendHalves(guard, epoch, guardian, jobs, { inARow: 0, refusal });
}

interface Refusing {
  /** Jobs refused alone since it took any. */
  inARow: number;
  refusal: PeerError;
}

async function sendHalves(
  guard: QueueGuard,
  epoch: number,
  guardian: RegionId,
  jobs: readonly CopyOfJob[],
  refusing: Refusing,
): Promise<void> {
  if (jobs.length === 1) {
    leaveOut(guard, guardian, jobs);
    if (++refusing.inARow < limits.federation.refusedInARowMax) return;
    guard.mishear(guardian, guardPaths.copies);
    throw refusing.refusal;
  }
  const middle = Math.ceil(jobs.length / 2);
  for (const half of [jobs.slice(0, middle), jobs.slice(middle)]) {
    // Many small messages take longer than the record lasts.
    await guard.keep();
    if (guard.belief?.epoch !== epoch) throw refusing.refusal;
    if ((await tell(guard, epoch, guardian, half)) === null) refusing.inARow = 0;
    else await sendHalves(guard, epoch, guardian, half, refusing);
  }
}

/** Null: it was answered. Else the refusal; what is no refusal is thrown. */
async function tell(
  guard: QueueGuard,
  epoch: number,
  guardian: RegionId,
  jobs: readonly CopyOfJob[],
): Promise<PeerError | null> {
  const call = { method: 'POST', path: guardPaths.copies, body: { epoch, jobs } } as const;
  try {
    const { missing, refused } = await guard.ask(guardian, call, copiesAnswerSchema);
    // That it takes none says nothing of others.
    if (jobs.length > 0) guard.understand(guardian, guardPaths.copies);
    const whole = new Set(jobs.filter(({ content }) => content !== undefined).map(({ jobId }) => jobId));
    for (const jobId of missing) if (!whole.has(jobId)) guard.toCopy.set(jobId, true);
    // What was told whole and is lacking still would be asked for without end.
    const unread = new Set([...refused, ...missing.filter((jobId) => whole.has(jobId))]);
    leaveOut(
      guard,
      guardian,
      jobs.filter(({ jobId }) => unread.has(jobId)),
    );
    return null;
  } catch (error) {
    if (error instanceof PeerError && error.trouble === 'refused') return error;
    throw error;
  }
}

/** Told of again much later: the guardian may have another version then. One that has ended meanwhile is not. */
function leaveOut(
  { deps, leftOut, unreadable }: QueueGuard,
  guardian: RegionId,
  jobs: readonly CopyOfJob[],
): void {
  const there = deps.region.state()?.jobs;
  const left = jobs.map(({ jobId }) => jobId).filter((jobId) => there?.rowOf(jobId) !== undefined);
  const fresh = left.filter((jobId) => !unreadable.has(jobId));
  for (const jobId of left) {
    leftOut.set(jobId, deps.clock.monotonicMs() + limits.federation.refusedAgainMs);
    unreadable.add(jobId);
  }
  if (fresh.length === 0) return;
  deps.log.error({ guardian, jobs: fresh }, 'jobs that the guardian cannot read are not copied');
  deps.refused(fresh.length);
}

function lookAgain({ deps, leftOut, toCopy }: QueueGuard): void {
  const nowMs = deps.clock.monotonicMs();
  for (const [jobId, againMs] of leftOut) {
    if (againMs > nowMs) continue;
    leftOut.delete(jobId);
    toCopy.set(jobId, true);
  }
}

/** Once under each epoch: the guardian goes by nothing any more that it was told before. */
async function tellComplete(guard: QueueGuard, epoch: number, guardian: RegionId): Promise<void> {
  if (guard.listedEpoch !== epoch || guard.completeEpoch === epoch) return;
  const body = { epoch, jobs: [], isComplete: true };
  await guard.deps.peers.call(
    guardian,
    { method: 'POST', path: guardPaths.copies, body },
    copiesAnswerSchema,
  );
  guard.completeEpoch = epoch;
}

/** As many as one message holds, the first in any case. One whose submission somebody removed is left out. */
async function withContent(
  { deps }: QueueGuard,
  told: readonly Omit<CopyOfJob, 'content'>[],
  wanted: ReadonlySet<JobId>,
): Promise<{ jobs: CopyOfJob[]; left: readonly Omit<CopyOfJob, 'content'>[] }> {
  const records = await deps.submissions.find([...wanted]);
  const contents = new Map(records.map(({ jobId, spec, request }) => [jobId, spec && { spec, request }]));
  const jobs: CopyOfJob[] = [];
  let bytes = 0;
  for (const [at, one] of told.entries()) {
    const content = contents.get(one.jobId) ?? undefined;
    if (wanted.has(one.jobId) && !content) continue;
    bytes += content ? Buffer.byteLength(JSON.stringify(content)) : 0;
    if (jobs.length > 0 && bytes > limits.federation.copyBytesMax) return { jobs, left: told.slice(at) };
    jobs.push({ ...one, content });
  }
  return { jobs, left: [] };
}
