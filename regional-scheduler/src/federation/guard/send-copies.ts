/** Tells the guardian of jobs that are queued, or under way, as far as the log has them; what it has already goes without its content. */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { copiesAnswerSchema } from '@cellbook/shared/protocol/federation-api.ts';
import { guardPaths } from './guard-routes.ts';
import type { CopyOfJob } from './guard-store.ts';
import type { QueueGuard } from './queue-guard.ts';
import { toldOf } from './turn-of.ts';

export async function sendCopies(guard: QueueGuard): Promise<void> {
  const { deps, toCopy } = guard;
  for (;;) {
    const { belief } = guard;
    if (belief?.guardian == null || toCopy.size === 0) return;
    const { epoch, guardian } = belief;
    const some = [...toCopy].slice(0, limits.federation.copiesPerCall);
    const state = await deps.whenClean();
    if (!state || guard.belief?.epoch !== epoch) return;
    const told = some.flatMap(([jobId]) => toldOf(state, jobId, guardian) ?? []);
    const wanted = new Set(some.filter(([, isWhole]) => isWhole).map(([jobId]) => jobId));
    const jobs = await withContent(guard, told, wanted);
    const call = { method: 'POST', path: guardPaths.copies, body: { epoch, jobs } } as const;
    const { missing } = await deps.peers.call(guardian, call, copiesAnswerSchema);
    guard.heardMs.set(guardian, deps.clock.monotonicMs());
    if (guard.belief?.epoch !== epoch) return;
    const sent = new Set(jobs.map(({ jobId }) => jobId));
    for (const [jobId] of some)
      if (sent.has(jobId) || !told.some((one) => one.jobId === jobId)) toCopy.delete(jobId);
    for (const jobId of missing) toCopy.set(jobId, true);
  }
}

/** As many as one message holds, the first in any case. */
async function withContent(
  { deps, toCopy }: QueueGuard,
  told: readonly Omit<CopyOfJob, 'content'>[],
  wanted: ReadonlySet<JobId>,
): Promise<CopyOfJob[]> {
  const records = await deps.submissions.find([...wanted]);
  const contents = new Map(records.map(({ jobId, spec, request }) => [jobId, spec && { spec, request }]));
  const jobs: CopyOfJob[] = [];
  let bytes = 0;
  for (const one of told) {
    const content = contents.get(one.jobId) ?? undefined;
    if (wanted.has(one.jobId) && !content) {
      // Somebody removed what was asked for.
      toCopy.delete(one.jobId);
      continue;
    }
    bytes += content ? JSON.stringify(content).length : 0;
    if (jobs.length > 0 && bytes > limits.federation.copyBytesMax) break;
    jobs.push({ ...one, content });
  }
  return jobs;
}
