/** What the supervisor is told at its start, in one environment variable, and at a restore: its limits, from limits.ts. */
import { limits } from '@cellbook/shared/limits.ts';
import { forwarderSettings } from '../egress/inside.ts';
import type { SandboxSpec } from './driver.ts';

export const settingsVariable = 'CELLBOOK_SUPERVISOR';

/** `memoryOfSandbox`: whether /proc/meminfo inside counts the sandbox alone. */
export function supervisorSettings(spec: SandboxSpec, memoryOfSandbox: boolean, hasEgress = false) {
  return {
    memoryBytesMax: spec.limits.memoryBytesMax,
    memoryOfSandbox,
    frameBytesMax: limits.supervisorLink.frameBytesMax,
    ...limits.supervisor,
    ...(hasEgress && forwarderSettings),
  };
}
