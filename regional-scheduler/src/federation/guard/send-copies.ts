/** Tells the guardian of jobs that are queued, or under way, as far as the log has them; what it has already goes without its content. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { copiesAnswerSchema } from '@cellbook/shared/protocol/federation-api.ts';
import { firstOf } from './first-of.ts';
import { guardPaths } from './guard-routes.ts';
import type { CopyOfJob } from './guard-store.ts';
import type { QueueGuard } from './queue-guard.ts';
import { toldOf } from './turn-of.ts';

export async function sendCopies(guard: QueueGuard): Promise<void> {
  const { deps, toCopy } = guard;
  for (;;) {
    const { belief } = guard;
    if (belief?.guardian == null) return;
    const { epoch, guardian } = belief;
    if (toCopy.size === 0) return tellComplete(guard, epoch, guardian);
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
      again(told);
      throw error;
    }
  }
}

async function send(
  { deps, toCopy, heardMs }: QueueGuard,
  epoch: number,
  guardian: RegionId,
  jobs: readonly CopyOfJob[],
): Promise<void> {
  const call = { method: 'POST', path: guardPaths.copies, body: { epoch, jobs } } as const;
  const { missing, refused } = await deps.peers.call(guardian, call, copiesAnswerSchema);
  heardMs.set(guardian, deps.clock.monotonicMs());
  for (const jobId of missing) toCopy.set(jobId, true);
  if (refused.length === 0) return;
  deps.log.error({ guardian, jobs: refused }, 'jobs that the guardian cannot read are not copied');
  deps.refused(refused.length);
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
