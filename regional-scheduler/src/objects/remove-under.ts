import type { JobId } from '@cellbook/shared/ids.ts';
import { jobObjectsPrefixOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { ObjectStore } from './object-store.ts';

export type ListedObjects = Pick<ObjectStore, 'list' | 'remove'>;

/** Removes what a job's attempts have brought of one kind, but what is to stay. */
export async function removeUnder(
  objects: ListedObjects,
  { kind, jobId }: { kind: 'results' | 'checkpoints'; jobId: JobId },
  stays: (key: string) => boolean = () => false,
): Promise<void> {
  for (const key of await objects.list(jobObjectsPrefixOf(kind, jobId)))
    if (!stays(key)) await objects.remove(key);
}
