/**
 * Of a running job the newest two checkpoints stay, as agents are told (shared/src/protocol/agent-objects-api.ts): who
 * leads removes the others whenever one is on record. Best effort: what is not removed now is at the next, or when the
 * job ends. Checkpoints of attempts before go too, once this one has two of its own, and with them what it began from.
 */
import { jobIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { agentObjectKeySchema, jobObjectsPrefixOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import { jobView } from '../core/state.ts';
import type { StoredEntry } from '../log/event-log.ts';
import type { ListedObjects } from '../objects/remove-under.ts';
import type { Region } from '../region.ts';

export interface ForgetCheckpointsDeps {
  region: Pick<Region, 'follow' | 'leadership' | 'state'>;
  objects: ListedObjects;
  logger: Logger;
}

export function forgetCheckpoints(deps: ForgetCheckpointsDeps): { stop(): Promise<void> } {
  const { region, logger } = deps;
  const underWay = new Set<Promise<void>>();
  const seen = (committed: readonly StoredEntry[]) => {
    if (!region.leadership().leads) return;
    for (const { event } of committed) {
      if (event.type !== 'attempt_saved' || event.checkpointKey === null) continue;
      if (underWay.size >= limits.jobs.expireAtOnce) return;
      const { jobId, checkpointKey: key } = event;
      const work: Promise<void> = forgetBefore(deps, key)
        .catch((error: unknown) => logger.warn({ err: error, jobId }, 'old checkpoints are removed later'))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    }
  };
  const unfollow = region.follow(seen);
  return {
    async stop() {
      unfollow();
      await Promise.all(underWay);
    },
  };
}

async function forgetBefore({ region, objects }: ForgetCheckpointsDeps, saved: string): Promise<void> {
  const { kind, jobId, attemptId, count } = partsOf(saved);
  if (kind !== 'checkpoints' || !(count >= 2)) return;
  const keys = await objects.list(jobObjectsPrefixOf(kind, jobId));
  // Listed while it ran: nothing of that is of an attempt after it.
  const state = region.state();
  if (!state || jobView(state, jobId)?.attempt?.attemptId !== attemptId) return;
  for (const key of keys) {
    const { attemptId: by, count: number } = partsOf(key);
    if (by !== attemptId || number < count - 1) await objects.remove(key);
  }
}

function partsOf(key: string) {
  const [kind, jobId, attemptId, name] = agentObjectKeySchema.parse(key).split('/');
  return { kind, jobId: jobIdSchema.parse(jobId), attemptId, count: Number(name) };
}
