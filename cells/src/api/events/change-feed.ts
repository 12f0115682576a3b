/**
 * Hints that an owner's workspaces changed, for his open event streams: from this process at once, from
 * others through Postgres, and through Redis where it is up. Hints may repeat, be late or be lost; streams
 * read what there is to tell from the store.
 */

import type { UserId } from '@cellbook/shared/ids.ts';
import { userIdSchema } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { WorkspaceStore } from '../../lifecycle/stores/workspace-store.ts';

/** Fan-out between processes; every call may be lost. */
export interface HintBus {
  publish(text: string): void;
  onMessage(listener: (text: string) => void): void;
}

export interface ChangeFeed {
  /** This process changed something of an owner's. */
  publish(ownerId: UserId): void;
  /** Returns unsubscribe. */
  follow(ownerId: UserId, listener: () => void): () => void;
  /** How many streams an owner has open here. */
  followers(ownerId: UserId): number;
  close(): Promise<void>;
}

export async function openChangeFeed(deps: {
  store: Pick<WorkspaceStore, 'subscribe'>;
  bus: HintBus | null;
  log: Logger;
}): Promise<ChangeFeed> {
  const followers = new Map<UserId, Set<() => void>>();
  const tell = (ownerId: UserId) => {
    for (const listener of followers.get(ownerId) ?? []) listener();
  };
  const unsubscribe = await deps.store.subscribe(({ ownerId }) => tell(ownerId));
  deps.bus?.onMessage((text) => {
    const ownerId = userIdSchema.safeParse(text);
    if (ownerId.success) tell(ownerId.data);
  });
  return {
    publish(ownerId) {
      tell(ownerId);
      deps.bus?.publish(ownerId);
    },
    follow(ownerId, listener) {
      const own = followers.get(ownerId) ?? new Set();
      followers.set(ownerId, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0) followers.delete(ownerId);
      };
    },
    followers: (ownerId) => followers.get(ownerId)?.size ?? 0,
    async close() {
      followers.clear();
      await unsubscribe().catch((error: unknown) => deps.log.warn({ err: error }, 'leaving the change feed'));
    },
  };
}
