import type { UserId } from '@cellbook/shared/ids.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import type { Turns } from '../lifecycle/boot-turns.ts';
import type { Sandbox, SandboxSpec } from '../sandbox/driver.ts';

/** What a claimed member becomes, and whose. */
export interface MemberWish extends SandboxSpec {
  ownerId: UserId;
}

/** What a resume asks of the pool. */
export interface MemberSource {
  /** Whether that host has a pool, full or empty. */
  hasPool(host: SandboxHost): boolean;
  /** The generation of golden image that a start there may come out of; null where it boots. */
  goldenOf(host: SandboxHost): string | null;
  /** What it waits for before it makes members ready while something starts; absent: nothing. */
  takeTurns?(turns: Turns): void;
  /** Makes a ready member of the host the workspace's, whatever id the wish has. Throws `gone` where there is none. */
  claim(host: SandboxHost, wish: MemberWish, signal: AbortSignal): Promise<Sandbox>;
}
