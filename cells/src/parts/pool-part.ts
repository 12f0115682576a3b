import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { Hosts } from '../host/hosts.ts';
import { Pool } from '../pool/pool.ts';
import { createPostgresPoolStore } from '../pool/postgres-pool-store.ts';
import type { CellStores } from './store-part.ts';

/** Null where none is wanted, or where sandboxes end with this process. */
export function openPool(
  { poolTarget: target, hosts: configured }: CellConfig,
  { clock, random, log }: CellTools,
  { database }: CellStores,
  hosts: Hosts,
): Pool | null {
  if (target === 0 || configured === null) return null;
  const pool = new Pool({ store: createPostgresPoolStore(database), hosts, clock, random, log, target });
  pool.start();
  return pool;
}
