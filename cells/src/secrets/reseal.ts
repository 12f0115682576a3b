/**
 * Seals anew, under the first master key, what older ones wrap: the second half of a rotation. It can be
 * stopped and begun again at any time, and runs beside a serving cell; a secret written meanwhile is sealed
 * under the new key already and is left as it is.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { MasterKeys } from './master-keys.ts';
import { seal, unreadable, unseal } from './seal.ts';
import type { SealedSecret, SecretStore } from './secret-store.ts';

/** How many were sealed anew. Throws `not_configured` when one cannot be opened; nothing is lost by that. */
export async function resealAll(store: SecretStore, keys: MasterKeys): Promise<number> {
  let count = 0;
  for (;;) {
    const some = await store.wrappedByOthers(keys.wrapping.id, limits.secrets.resealRows);
    if (some.length === 0) return count;
    for (const secret of some) if (await resealOne(store, keys, secret)) count += 1;
  }
}

async function resealOne(store: SecretStore, keys: MasterKeys, secret: SealedSecret): Promise<boolean> {
  const value = await unseal(keys, secret, secret.sealed);
  if (value === null) throw unreadable([`${secret.name} of ${secret.owner}`]);
  return store.reseal(secret, await seal(keys, secret, value));
}
