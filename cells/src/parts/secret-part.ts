/** The cell's secrets: kept sealed in Postgres, opened with keys of a file, handed to the sandboxes of its hosts. */
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { Hosts } from '../host/hosts.ts';
import { readMasterKeys } from '../secrets/master-keys.ts';
import { createPostgresSecretStore } from '../secrets/postgres-secret-store.ts';
import { SecretDelivery } from '../secrets/secret-delivery.ts';
import type { SecretRouteDeps } from '../secrets/secret-routes.ts';
import type { SecretTarget } from '../secrets/secret-source.ts';
import { Secrets } from '../secrets/secrets.ts';
import type { CellStores } from './store-part.ts';

export type SecretPart = SecretRouteDeps & { delivery: SecretDelivery };

/** Throws `not_configured` when the file that the configuration names cannot be used. */
export async function openSecrets(
  { secretKeysFile }: CellConfig,
  { clock, log }: CellTools,
  { database, store }: CellStores,
  hosts: Hosts,
): Promise<SecretPart> {
  if (secretKeysFile === null) log.warn('CELLBOOK_SECRET_KEYS is not set: this cell keeps no secrets');
  else await readMasterKeys(secretKeysFile);
  const secrets = new Secrets({
    store: createPostgresSecretStore(database),
    keysFile: secretKeysFile,
    ...{ clock, log },
  });

  async function running(): Promise<SecretTarget[]> {
    const observed = await hosts.list((hostId, error) => {
      log.warn({ err: error, hostId }, 'a host that does not answer is not told of a changed secret');
    });
    const targets = observed.map(async ({ workspaceId }): Promise<SecretTarget[]> => {
      const sandbox = hosts.current(workspaceId);
      const row = sandbox && (await store.get(workspaceId));
      return row ? [{ workspaceId, ownerId: row.ownerId, orgId: row.orgId, sandbox }] : [];
    });
    return (await Promise.all(targets)).flat();
  }
  return { secrets, delivery: new SecretDelivery({ secrets, running, clock, log }) };
}
