/** This region among others: what they may ask of it, and what it hands over to them. Absent where it is alone. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId, RegionId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { type CapBegins, capBegunSchema } from '@cellbook/shared/protocol/federation-api.ts';
import { asStoreOutage } from '@cellbook/shared/store-outage.ts';
import type { FastifyInstance } from 'fastify';
import type { SubmissionStore } from '../admission/submission-store.ts';
import type { FederationConfig } from '../config.ts';
import type { SchedulerState } from '../core/state.ts';
import type { Database } from '../db/database.ts';
import type { LeadingDeps } from '../lead/leading.ts';
import type { Region } from '../region.ts';
import type { RegionBudgets } from './budget/region-budgets.ts';
import { federationMetrics } from './federation-metrics.ts';
import { openGuard } from './guard/open-guard.ts';
import { createPostgresJoins } from './joins.ts';
import { createPeerCaller, type PeerCaller } from './peers.ts';
import { createPostgresHandoffStore } from './postgres-handoff-store.ts';
import { readSecret } from './read-secret.ts';
import { capBeginsPath, registerFederation } from './routes.ts';
import { createSeesDatabase } from './sees-database.ts';
import { Spiller, startSpilling } from './spiller.ts';

export interface OpenFederationDeps {
  regionId: RegionId;
  federation: FederationConfig | null;
  region: Region;
  gate: Pick<LeadingDeps, 'withholds'>;
  whenClean(): Promise<SchedulerState | null>;
  touch(hostIds: readonly HostId[] | null): void;
  agentLeaseMs: number;
  database: Database;
  submissions: SubmissionStore;
  /** Null: no edge is known, and caps are each region's own. */
  budgets: Pick<RegionBudgets, 'begins' | 'beginsElsewhere'> | null;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

export interface Federation {
  register(app: FastifyInstance): void;
  start(): void;
  close(): Promise<void>;
}

export async function openFederation(deps: OpenFederationDeps): Promise<Federation> {
  const { regionId, federation, region, database, submissions, budgets, clock, log } = deps;
  const others = federation?.peers.map((peer) => peer.region).filter((other) => other !== regionId) ?? [];
  const counts = federationMetrics(deps.metrics, others);
  if (!federation) return { register: () => {}, start: () => {}, close: async () => {} };
  const secret = await readSecret(federation.keyFile);
  const handoffs = createPostgresHandoffStore(database);
  const seesDatabase = createSeesDatabase(clock, async () => {
    const looking = 'looking whether the database of the region answers';
    await database.$client`select 1`.catch((error: unknown) => {
      throw asStoreOutage(error, looking) ?? error;
    });
  });
  const stop = new AbortController();
  const { peers: known } = federation;
  const peers = createPeerCaller({ regionId, peers: known, secret, clock, signal: stop.signal });
  if (budgets) budgets.beginsElsewhere = (of) => tellOfCap(peers, of);
  const joins = createPostgresJoins(database);
  const guard = openGuard({ ...deps, federation, secret, peers, counts, signal: stop.signal });
  const spiller = new Spiller({
    ...{ region, peers, handoffs, joins, records: submissions, clock, log },
    oldest: (openMs) => counts.oldestOffer.set(openMs / 1000),
    ...(guard.mayOffer && { mayOffer: guard.mayOffer }),
  });
  let spilling: { close(): Promise<void> } | null = null;
  return {
    register(app) {
      const capBegins = async (of: CapBegins) => budgets?.begins(of);
      registerFederation(app, {
        ...{ regionId, secret, region, handoffs, submissions, clock, seesDatabase, capBegins },
      });
      guard.register(app);
    },
    start() {
      spilling ??= startSpilling(spiller, clock, log);
      guard.start();
    },
    async close() {
      stop.abort();
      await Promise.all([spilling?.close(), guard.close()]);
    },
  };
}

/** One that is away, or of a release before, tells within the hour (budget/region-budgets.ts). */
async function tellOfCap({ regions, call }: PeerCaller, body: CapBegins): Promise<void> {
  const tell = (region: RegionId) =>
    call(region, { method: 'POST', path: capBeginsPath, body }, capBegunSchema);
  await Promise.allSettled(regions.map(tell));
}
