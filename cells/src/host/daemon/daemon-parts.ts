import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { HostVolumes } from '../../storage/create-workspace-volumes.ts';
import type { LocalSandboxHost } from '../local-sandbox-host.ts';
import type { ServerTls } from '../tls/server-tls.ts';
import type { CommandsUnderWay } from './commands-under-way.ts';
import type { PortedSandbox } from './connect-port.ts';
import type { HostDisk } from './host-disk.ts';
import type { MachineMemory } from './machine-memory.ts';

/** What a daemon's server acts on. */
export interface DaemonParts {
  host: LocalSandboxHost<PortedSandbox>;
  volumes: HostVolumes;
  disk: HostDisk;
  memory: MachineMemory;
  key: string;
  /** Absent: the wire is plain, on loopback. */
  tls?: ServerTls | null;
  commands: CommandsUnderWay;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  versions: Record<string, string>;
}
