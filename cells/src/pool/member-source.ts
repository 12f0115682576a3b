import type { HostId } from '@cellbook/shared/ids.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import type { Sandbox, SandboxSpec } from '../sandbox/driver.ts';

/** What a resume asks of the pool. */
export interface MemberSource {
  /** Whether a claim there is worth trying. */
  hasMember(hostId: HostId): boolean;
  /** Makes a ready member of the host the workspace's, whatever id the spec has. Throws `gone` where there is none. */
  claim(host: SandboxHost, spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox>;
}
