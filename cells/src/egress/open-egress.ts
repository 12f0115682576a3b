import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Database } from '../db/database.ts';
import { Egress } from './egress.ts';
import { readEgressPolicy } from './egress-policy.ts';
import { createPostgresEgressLog } from './postgres-egress-log.ts';

export interface EgressParts {
  /** A file, `off`, or null for what is usual (egress-policy.ts). */
  egress: string | null;
  database: Database;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  random: Random;
}

/** Null where sandboxes have no way out: by configuration, or because nothing isolates them from the machine's. */
export async function openEgress({ egress, database, log, ...rest }: EgressParts): Promise<Egress | null> {
  const policy = await readEgressPolicy(egress);
  if (policy === null) return null;
  return new Egress({ ...rest, policy, log: createPostgresEgressLog(database), logger: log });
}
