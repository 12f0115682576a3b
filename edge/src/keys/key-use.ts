/** When a key was last used: written behind the request, at most once a minute per key and isolate. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { apiKeyIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Defer } from '../directory/snapshot.ts';
import type { KeyStore } from './key-store.ts';

export interface KeyUse {
  note(jti: string, defer: Defer): void;
}

export function createKeyUse(deps: {
  clock: Clock;
  keys: Pick<KeyStore, 'used'>;
  onFailure(problem: unknown): void;
}): KeyUse {
  const { clock, keys, onFailure } = deps;
  const notedMs = new BoundedMap<number>(limits.edge.credentialCacheMax);
  return {
    note(jti, defer) {
      const nowMs = clock.nowMs();
      const last = notedMs.get(jti);
      if (last !== undefined && nowMs - last < limits.edge.keyUsedEveryMs) return;
      const id = apiKeyIdSchema.safeParse(jti);
      if (!id.success) return;
      notedMs.set(jti, nowMs);
      defer(keys.used(id.data, nowMs).catch(onFailure));
    },
  };
}
