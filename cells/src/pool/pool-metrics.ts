/** What operators see of the pool. */
import type { Metrics } from '@cellbook/shared/metrics.ts';

export type ClaimOutcome = 'claimed' | 'none_ready' | 'failed';

export interface PoolMetrics {
  countClaim(outcome: ClaimOutcome): void;
  countRollBack(because: string): void;
  observe(depth: { ready: number; wanted: number; forecast: number }): void;
}

export const noPoolMetrics: PoolMetrics = { countClaim() {}, countRollBack() {}, observe() {} };

export function createPoolMetrics(metrics: Metrics): PoolMetrics {
  const claims = metrics.counter('cellbook_cell_pool_claims_total', 'Claims of ready sandboxes.', [
    'outcome',
  ]);
  const rollBacks = metrics.counter('cellbook_cell_pool_rollbacks_total', 'Images of the pool rolled back.', [
    'because',
  ]);
  const depth = metrics.gauge(
    'cellbook_cell_pool_members',
    'Sandboxes that are ready, that are to be, and that are forecast to be asked for in the next minute.',
    ['what'],
  );
  for (const outcome of ['claimed', 'none_ready', 'failed']) claims.inc({ outcome }, 0);
  for (const because of ['crashes', 'latency']) rollBacks.inc({ because }, 0);
  for (const what of ['ready', 'wanted', 'forecast']) depth.set({ what }, 0);
  return {
    countClaim: (outcome) => claims.inc({ outcome }),
    countRollBack: (because) => rollBacks.inc({ because }),
    observe({ ready, wanted, forecast }) {
      depth.set({ what: 'ready' }, ready);
      depth.set({ what: 'wanted' }, wanted);
      depth.set({ what: 'forecast' }, forecast);
    },
  };
}
