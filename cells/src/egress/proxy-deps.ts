import type { SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Allowance } from './allowance.ts';
import type { DialDeps } from './dial.ts';
import type { EgressPolicy } from './egress-policy.ts';
import type { EgressRecorder } from './recorder.ts';

/** What one sandbox's proxy acts with. */
export interface ProxyDeps extends DialDeps {
  policy: EgressPolicy;
  sandbox: { sandboxId: SandboxId; workspaceId: WorkspaceId; tier: Tier };
  /** Of the workspace; known once what it used today has been read. */
  allowance(): Promise<Allowance>;
  recorder: Pick<EgressRecorder, 'promise' | 'add'>;
  /** Connections of the whole host. */
  room: { take(): boolean; giveBack(): void };
  metrics: EgressMetrics;
  random: Random;
}

export type EgressMetrics = ReturnType<typeof createEgressMetrics>;

export const createEgressMetrics = (metrics: Metrics) => ({
  connections: metrics.counter(
    'cellbook_egress_connections_total',
    'Connections out of sandboxes that are over, by how they ended or why there was none.',
    ['result'],
  ),
  bytes: metrics.counter('cellbook_egress_bytes_total', 'Bytes that sandboxes sent and fetched.', [
    'direction',
  ]),
  unrecorded: metrics.counter(
    'cellbook_egress_unrecorded_total',
    'Attempts that were turned away without a record: too many in a minute, or no room for records.',
  ),
  open: metrics.gauge('cellbook_egress_open', 'Connections out of sandboxes that are open now.'),
});
