import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { Hosts } from '../host/hosts.ts';
import { Demand } from '../pool/forecast/demand.ts';
import { createPostgresDemandStore } from '../pool/forecast/demand-store.ts';
import { Pool } from '../pool/pool.ts';
import { createPoolMetrics } from '../pool/pool-metrics.ts';
import { createPostgresPoolStore } from '../pool/postgres-pool-store.ts';
import { createPostgresGenerationStore } from '../pool/staged/postgres-generation-store.ts';
import { Staging } from '../pool/staged/staging.ts';
import type { CellStores } from './store-part.ts';

/** Null where none is wanted, or where sandboxes end with this process. */
export function openPool(
  { pool: setting, hosts: configured }: CellConfig,
  { clock, random, log }: CellTools,
  { database }: CellStores,
  hosts: Hosts,
  metrics: Metrics,
): Pool | null {
  const poolMetrics = createPoolMetrics(metrics);
  if (setting === 'off' || configured === null) return null;
  const generations = createPostgresGenerationStore(database);
  const onRollBack = poolMetrics.countRollBack;
  const pool = new Pool({
    ...{ hosts, clock, random, log, setting, metrics: poolMetrics },
    store: createPostgresPoolStore(database),
    staging: new Staging({ store: generations, clock, log, onRollBack }),
    demand: new Demand(createPostgresDemandStore(database), clock),
  });
  pool.start();
  return pool;
}
