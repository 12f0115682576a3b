/** For tests: a daemon's server in this process with volumes of its own, and volumes that reach it as a controller does. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import type { HostedSandbox, SandboxDriver } from '../../sandbox/driver.ts';
import { createWorkspaceVolumes, type HostVolumes } from '../../storage/create-workspace-volumes.ts';
import { startTestHost, type TestHost } from '../../storage/test-volumes.ts';
import { CommandsUnderWay } from '../daemon/commands-under-way.ts';
import type { PortedSandbox } from '../daemon/connect-port.ts';
import { createDaemonServer } from '../daemon/daemon-server.ts';
import { createHostDisk } from '../daemon/host-disk.ts';
import { createMachineMemory } from '../daemon/machine-memory.ts';
import { LocalSandboxHost } from '../local-sandbox-host.ts';
import { HostClient } from '../remote/host-client.ts';
import { createRemoteVolumes } from '../remote/remote-volumes.ts';

const key = 'a key that only this test and its host know';

/** No sandbox ever starts: for files alone. */
const noDriver: SandboxDriver<HostedSandbox & Pick<PortedSandbox, 'port'>> = {
  kind: 'memory',
  version: 'none',
  start: () => Promise.reject(new Error('nothing starts here')),
  relabel: async () => null,
  list: async () => [],
  destroy: async () => {},
};

export interface RemoteTestHost extends Omit<TestHost, 'volumes'> {
  volumes: Pick<HostVolumes, 'create' | 'attach' | 'flush' | 'detach' | 'files'>;
  /** The daemon is gone, as after a kill of its machine. */
  disappear(): Promise<void>;
}

export async function startRemoteTestHost(): Promise<RemoteTestHost> {
  const host = await startTestHost();
  const { host: hostId, manifests } = host.parts;
  const app = createDaemonServer({
    ...{ volumes: host.volumes, key, clock: systemClock, log: silentLogger, metrics: createMetrics() },
    host: new LocalSandboxHost({ hostId, driver: noDriver, capacity: 1 }),
    commands: new CommandsUnderWay(),
    disk: createHostDisk(host.hostDirectory),
    memory: createMachineMemory(),
    versions: {},
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const client = new HostClient({ hostId, url: `http://127.0.0.1:${port}`, key, clock: systemClock });
  const nowhere = hostIdSchema.parse('controller');
  const stored = createWorkspaceVolumes({
    ...host.parts,
    host: nowhere,
    hostDirectory: `${host.hostDirectory}/none`,
  });
  const remote = createRemoteVolumes({ manifests, stored, clientOf: () => client });
  return {
    ...host,
    volumes: {
      ...remote,
      attach: (workspaceId, epoch, signal) => remote.attach(workspaceId, epoch, signal, hostId),
    },
    async disappear() {
      app.server.closeAllConnections();
      app.server.close();
      await once(app.server, 'close');
    },
    async close() {
      await app.close();
      await host.close();
    },
  };
}
