import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { CellTools } from '../cell.ts';
import type { Hosts } from '../host/hosts.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { createPostgresFence } from '../lifecycle/recover/fence.ts';
import { type Recovered, recover } from '../lifecycle/recover/recover.ts';
import { createPostgresManifestStore } from '../storage/manifests/postgres-manifest-store.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import type { CellStores } from './store-part.ts';

interface RecoverPart {
  tools: CellTools;
  stores: CellStores;
  hosts: Hosts;
  volumes: WorkspaceVolumes;
  lifecycle: Lifecycle;
}

/** Recovers one workspace of this cell. */
export function openRecover({ tools, stores, hosts, volumes, lifecycle }: RecoverPart) {
  const { database, store, rests } = stores;
  const manifests = createPostgresManifestStore(database);
  const deps = {
    ...tools,
    store,
    rests,
    manifests,
    hosts,
    volumes,
    lifecycle,
    fence: createPostgresFence(database),
  };
  return (workspaceId: WorkspaceId): Promise<Recovered> => recover(deps, workspaceId);
}
