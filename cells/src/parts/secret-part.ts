/** The cell's secrets: kept sealed in Postgres, opened with keys of a file, handed to the sandboxes of its hosts. */
import { and, eq, inArray, or } from 'drizzle-orm';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { workspaces } from '../db/workspaces.ts';
import { createPostgresDepartureStore } from '../departures/postgres-departure-store.ts';
import type { EdgeClient } from '../edge/edge-client.ts';
import type { Home } from '../home/home.ts';
import type { Hosts } from '../host/hosts.ts';
import { parseWorkspaceRow } from '../lifecycle/stores/parse-workspace-row.ts';
import { BringSecrets } from '../secrets/bring/bring-secrets.ts';
import type { SealDeps } from '../secrets/bring/seal-route.ts';
import { readMasterKeys } from '../secrets/master-keys.ts';
import { createPostgresSecretStore } from '../secrets/postgres-secret-store.ts';
import type { SecretOwner } from '../secrets/seal.ts';
import { SecretDelivery } from '../secrets/secret-delivery.ts';
import type { SecretRouteDeps } from '../secrets/secret-routes.ts';
import type { SecretTarget } from '../secrets/secret-source.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { Secrets } from '../secrets/secrets.ts';
import type { CellStores } from './store-part.ts';

export type SecretPart = SecretRouteDeps & { delivery: SecretDelivery; sealing: SealDeps | null };

/** Throws `not_configured` when the file that the configuration names cannot be used. */
export async function openSecrets(
  { secretKeysFile }: CellConfig,
  { clock, log }: CellTools,
  { database }: CellStores,
  hosts: Hosts,
  { edge, home }: { edge: EdgeClient | null; home: Home | undefined },
): Promise<SecretPart> {
  if (secretKeysFile === null) log.warn('CELLBOOK_SECRET_KEYS is not set: this cell keeps no secrets');
  else await readMasterKeys(secretKeysFile);
  const store = createPostgresSecretStore(database);
  const sealing = sealingOf({ store, edge, home, keysFile: secretKeysFile, clock, log });
  const secrets = new Secrets({
    ...{ store, keysFile: secretKeysFile, bring: sealing?.bring ?? null, clock, log },
    hasLeft: createPostgresDepartureStore(database).hasLeft,
  });

  /** One read, however many run here: every write of a secret asks. */
  async function runningOf(owner: SecretOwner): Promise<SecretTarget[]> {
    const observed = await hosts.list((hostId, error) => {
      log.warn({ err: error, hostId }, 'a host that does not answer is not told of a changed secret');
    });
    const isThere = inArray(
      workspaces.id,
      observed.map(({ workspaceId }) => workspaceId),
    );
    const isTheirs = or(eq(workspaces.ownerId, owner), eq(workspaces.orgId, owner));
    const rows = await database.select().from(workspaces).where(and(isThere, isTheirs));
    return rows.map(parseWorkspaceRow).flatMap(({ id: workspaceId, ownerId, orgId }) => {
      const sandbox = hosts.current(workspaceId);
      return sandbox ? [{ workspaceId, ownerId, orgId, sandbox }] : [];
    });
  }
  return { secrets, sealing, delivery: new SecretDelivery({ secrets, runningOf, clock, log }) };
}

interface SealingParts extends Pick<CellTools, 'clock' | 'log'> {
  store: SecretStore;
  edge: EdgeClient | null;
  home: Home | undefined;
  keysFile: string | null;
}

/** Null where this cell passes no secrets on, and gets none: it stands alone, knows no pins or has no master key. */
function sealingOf({ store, edge, home, keysFile, clock, log }: SealingParts): SealDeps | null {
  if (edge === null || home === undefined || keysFile === null) return null;
  const deps = { store, edge, cells: home, keysFile, clock, log };
  return { ...deps, bring: new BringSecrets(deps) };
}
