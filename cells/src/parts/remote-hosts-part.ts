/** Daemons as the cell's hosts: each with its client, and the files that are on none of them. */
import { join } from 'node:path';
import { hostName } from '@cellbook/shared/certificates/names.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { HostEnvironments } from '../environments/host-environments.ts';
import { createPostgresEnvironmentStore } from '../environments/postgres-environment-store.ts';
import { Hosts } from '../host/hosts.ts';
import { HostClient } from '../host/remote/host-client.ts';
import { RemoteSandboxHost } from '../host/remote/remote-sandbox-host.ts';
import { createRemoteVolumes } from '../host/remote/remote-volumes.ts';
import { ClientTls } from '../host/tls/client-tls.ts';
import { openControllerIdentity } from '../host/tls/open-tls.ts';
import type { WatchedIdentity } from '../host/tls/watched-identity.ts';
import { readHostKey } from '../host/wire/host-key.ts';
import { withManifestFailpoints, withObjectFailpoints } from '../lifecycle/crash/with-failpoints.ts';
import { readImage } from '../sandbox/image.ts';
import { createWorkspaceVolumes } from '../storage/create-workspace-volumes.ts';
import { createPostgresManifestStore } from '../storage/manifests/postgres-manifest-store.ts';
import { openObjectStore } from '../storage/objects/open-object-store.ts';
import { sweepIncoming } from '../storage/objects/sweep-incoming.ts';
import type { HostsPart } from './host-part.ts';
import type { CellStores } from './store-part.ts';

export async function openRemoteHosts(
  config: CellConfig,
  tools: CellTools,
  stores: CellStores,
  metrics: Metrics,
): Promise<HostsPart> {
  const { clock, log } = tools;
  const { hosts: configured, hostKeyFile, hostId, sandbox, dataDirectory } = config;
  if (configured === null || hostKeyFile === null) throw noKey();
  const key = await readHostKey(hostKeyFile);
  const identity = await openControllerIdentity(config, tools);
  const clients = new Map<HostId, HostClient>(
    configured.map(({ hostId, url }) => {
      const tls = url.startsWith('https:') ? tlsTo(hostId, config, identity, tools) : null;
      return [hostId, new HostClient({ hostId, url, key, clock, tls })];
    }),
  );
  const clientOf = (hostId: HostId): HostClient => {
    const client = clients.get(hostId);
    if (client) return client;
    throw unknownHost(hostId);
  };
  const remotes = [...clients.values()].map((client) => new RemoteSandboxHost({ client, clock, log }));
  const manifests = withManifestFailpoints(createPostgresManifestStore(stores.database), tools.failpoint);
  await sweepIncoming(config.objects, tools);
  const objects = withObjectFailpoints(openObjectStore(config.objects, tools), tools.failpoint);
  const hostDirectory = join(dataDirectory, 'no-host');
  const environments = new HostEnvironments({
    ...{ ...tools, objects, environments: createPostgresEnvironmentStore(stores.database) },
    cacheDirectory: join(hostDirectory, 'environments'),
  });
  const stored = createWorkspaceVolumes({
    ...tools,
    ...{ manifests, metrics, host: hostId, hostDirectory, diskBytesMax: sandbox.diskBytesMax },
    ...{ objects, environments },
  });
  const { imageDirectory } = sandbox;
  return {
    hosts: new Hosts(remotes),
    volumes: createRemoteVolumes({ manifests, stored, clientOf }),
    image: imageDirectory === null ? null : await readImage(imageDirectory),
    sandboxVersion: `on hosts ${[...clients.keys()].join(', ')}`,
    outlive: true,
    async close() {
      for (const remote of remotes) remote.close();
      for (const { tls } of clients.values()) await tls?.close();
      identity?.close();
      await stored.close();
    },
  };
}

function tlsTo(
  hostId: HostId,
  { cellId }: CellConfig,
  identity: WatchedIdentity | null,
  { clock }: CellTools,
): ClientTls {
  if (identity === null) throw noCertificate(hostId);
  return new ClientTls({ identity, host: hostName(cellId, hostId), clock });
}

const noCertificate = (hostId: HostId): CellbookError =>
  new CellbookError('bad_request', {
    doing: `reaching host ${hostId} over https`,
    problem: 'CELLBOOK_TLS_DIR is not set',
    next: 'Name the directory with this controller’s certificate: ops/runbooks/certificates.md.',
    ids: { hostId },
  });

const noKey = (): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reaching the hosts of this cell',
    problem: 'CELLBOOK_HOST_KEY_FILE is not set',
    next: 'Name the file with the key that the hosts read too.',
  });

const unknownHost = (hostId: HostId): CellbookError =>
  new CellbookError('host_unreachable', {
    doing: `reaching host ${hostId}`,
    problem: 'this cell has no such host',
    next: 'Add it to CELLBOOK_HOSTS again.',
    ids: { hostId },
  });
