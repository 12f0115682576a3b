/**
 * The gateway of a cell: Jupyter's kernels, sessions, terminals and their sockets for every workspace in it.
 * The lifecycle tells it about sandboxes through `listener`; the HTTP server takes its routes from
 * `registerRoutes`; `close` drains: every live socket is told 1012 (come back), so clients reconnect.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { type EnvironmentState, environmentEvent } from '@cellbook/shared/protocol/environment-api.ts';
import { type Finding, findingsEvent } from '@cellbook/shared/protocol/findings-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { FastifyInstance } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import type { RuntimeListener, WorkspaceRuntime } from '../lifecycle/runtime.ts';
import type { HoldOpen } from '../standing/standing.ts';
import type { FileTree } from '../storage/file-tree.ts';
import { createCompose } from './frames/message.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import type { Notebook } from './outputs/notebook-cells.ts';
import { ParkingLot } from './parking/parking-lot.ts';
import type { WakeShard } from './parking/wakes.ts';
import { contentsActions, EventBus } from './routes/event-bus.ts';
import { registerGatewayRoutes } from './routes/register.ts';
import { SocketSweep } from './sockets/socket-sweep.ts';
import type { KernelStore } from './store/kernel-store.ts';
import { tellTabs } from './tell-tabs.ts';
import { resolveKernelPath } from './workspace/resolve-path.ts';
import { WorkspaceRegistry } from './workspace/workspace-registry.ts';

/** The contents service's way to change a notebook as a whole. */
export interface NotebookFiles {
  /** Reads, changes and writes under the file's own lock; false when there is no such notebook. */
  update(
    workspaceId: WorkspaceId,
    path: string,
    change: (notebook: Notebook) => Notebook | null,
  ): Promise<boolean>;
}

export interface GatewayDeps {
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
  runtime: WorkspaceRuntime;
  store: KernelStore;
  notebooks: NotebookFiles;
  /** Where code is recorded for organisations that ask for it. */
  audit?: AuditLog;
  /** Tells a shard of the edge of sockets that are parked there; absent: none are. */
  wake?: WakeShard;
  /** Sockets end with the right that they were opened with; absent, they do not. */
  standing?: HoldOpen;
  /** The workspace's files, live or stored. */
  files(workspaceId: WorkspaceId): Promise<FileTree>;
}

export interface Gateway {
  listener: RuntimeListener;
  registerRoutes(app: FastifyInstance): Promise<void>;
  /** For the contents service: tells the workspace's event sockets of a change to a file. */
  onContentsEvent(workspaceId: WorkspaceId, event: ContentsEvent): void;
  /** A file was flagged with what looks like credentials, or is so no longer: tells the workspace's event sockets. */
  onFindings(workspaceId: WorkspaceId, path: string, findings: readonly Finding[]): void;
  /** Installed packages are being made anew, or could not be: tells the workspace's event sockets. */
  onEnvironment(workspaceId: WorkspaceId, state: EnvironmentState, problem: string | null): void;
  /** For the contents service: where a path leads that a kernel printed; 'unknown' when there is no such kernel. */
  resolveKernelPath(
    workspaceId: WorkspaceId,
    kernelId: string,
    path: string,
  ): Promise<string | 'unknown' | null>;
  /** Drains: no new sockets, every live one closed with 1012. */
  close(): Promise<void>;
}

export interface ContentsEvent {
  action: string;
  path: string;
  sourcePath?: string;
}

/** How long a client that went away is remembered: a night with the lid closed is the notebook writer's. */
const awayMsMax = 6 * 3_600_000;

export function createGateway(deps: GatewayDeps): Gateway {
  const { clock, random, log } = deps;
  const compose = createCompose(clock, random);
  const budget = { usedBytes: 0, bytesMax: limits.gateway.outputLogBytesTotalMax };
  const metrics = createGatewayMetrics(deps.metrics);
  const registry = new WorkspaceRegistry({ deps, compose, budget, metrics });
  const sockets = new SocketSweep((count) => metrics.sockets.set(count));
  const events = new EventBus();
  const { wake } = deps;
  const parking = wake && new ParkingLot({ clock, random, log, metrics, sockets, wake });
  let sweeping: Timer = clock.setTimer(limits.gateway.pingIntervalMs, sweep);

  function sweep(): void {
    sockets.ping();
    registry.sweep(awayMsMax);
    sweeping = clock.setTimer(limits.gateway.pingIntervalMs, sweep);
  }

  return {
    listener: { ...registry.listener, ...tellTabs(events, clock) },
    registerRoutes: (app) =>
      registerGatewayRoutes(app, { ...deps, registry, sockets, events, ...(parking && { parking }) }),
    onContentsEvent(workspaceId, { action, path, sourcePath }) {
      const data = { action, path, ...(sourcePath === undefined ? {} : { source_path: sourcePath }) };
      events.emit(workspaceId, { schema_id: contentsActions, version: '1', data }, clock.nowMs());
    },
    onFindings(workspaceId, path, findings) {
      const data = { path, count: findings.length, findings };
      events.emit(workspaceId, { schema_id: findingsEvent, version: '1', data }, clock.nowMs());
    },
    onEnvironment(workspaceId, state, problem) {
      const event = { schema_id: environmentEvent, version: '1', data: { state, problem } };
      events.emit(workspaceId, event, clock.nowMs());
    },
    async resolveKernelPath(workspaceId, kernelId, path) {
      return resolveKernelPath(await registry.find(workspaceId), kernelId, path);
    },
    async close() {
      sweeping.cancel();
      parking?.close();
      sockets.drain();
      await registry.close();
      log.info('gateway drained');
    },
  };
}
