/** What a kernel needs of the workspace it is in, and of the sandbox that is its workspace's now. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { KernelId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import type { SupervisorLink } from '../../sandbox/link/supervisor-link.ts';
import type { LogBudget } from '../channel/output-log.ts';
import type { Compose } from '../frames/message.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { OutputFollower } from '../outputs/output-follower.ts';
import type { KernelRecord } from '../store/kernel-store.ts';

/** A sandbox as long as it is this workspace's current one. */
export interface LiveSandbox {
  readonly sandbox: Sandbox;
  readonly link: SupervisorLink;
  /** Settles when it is no longer current. */
  readonly lost: Promise<void>;
}

export interface KernelHost {
  readonly clock: Clock;
  readonly compose: Compose;
  readonly budget: LogBudget;
  readonly log: Logger;
  readonly follower: OutputFollower;
  readonly metrics: GatewayMetrics;
  isCurrent(live: LiveSandbox): boolean;
  /** The running sandbox, resuming the workspace when it sleeps. */
  ensureLive(): Promise<LiveSandbox>;
  /** Environment for the kernel's process, such as JPY_SESSION_NAME. */
  environment(kernelId: KernelId): Record<string, string>;
  save(record: KernelRecord): void;
  touch(): void;
}
