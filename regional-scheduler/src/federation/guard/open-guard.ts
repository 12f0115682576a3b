/**
 * Both sides of guarding queues, on one instance: this region's own queue, where there is an edge that keeps its record,
 * and those of others. Only the leader's does anything; copies are taken in by every instance.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { FastifyInstance } from 'fastify';
import { createAskEdge } from '../ask-edge.ts';
import type { FederationMetrics } from '../federation-metrics.ts';
import type { OpenFederationDeps } from '../open-federation.ts';
import type { PeerCaller } from '../peers.ts';
import { registerGuard } from './guard-routes.ts';
import { createPostgresCopyBook } from './postgres-copy-book.ts';
import { createPostgresGuardianship } from './postgres-guardianship.ts';
import { QueueGuard } from './queue-guard.ts';
import { createEdgeRegionRecords } from './region-records.ts';
import { TakeOver } from './take-over.ts';

export interface OpenGuardDeps extends OpenFederationDeps {
  federation: NonNullable<OpenFederationDeps['federation']>;
  secret: string;
  peers: PeerCaller;
  counts: FederationMetrics;
  signal: AbortSignal;
}

export interface OpenGuard {
  /** Null: nobody guards this region's queue. */
  mayOffer: QueueGuard['mayOffer'] | null;
  register(app: FastifyInstance): void;
  start(): void;
  close(): Promise<void>;
}

export function openGuard(deps: OpenGuardDeps): OpenGuard {
  const { regionId, federation, region, database, secret, peers, clock, log, signal } = deps;
  const book = createPostgresCopyBook(database, log);
  const { unread, refused, misheard, unguarded } = deps.counts;
  const register = (app: FastifyInstance) =>
    registerGuard(app, {
      ...{ regionId, secret, clock, book, log },
      unread: (from, what) => unread.inc({ from, what }),
    });
  const { edgeUrl, lostMs, takesOverItself } = federation;
  if (edgeUrl === null || peers.regions.length === 0)
    return { mayOffer: null, register, start: () => {}, close: async () => {} };
  const askEdge = createAskEdge({ from: regionId, edgeUrl, secret, clock, signal });
  const records = createEdgeRegionRecords(askEdge);
  const guard = new QueueGuard({
    ...{ regionId, region, peers, records, lostMs, clock, log },
    own: createPostgresGuardianship(database),
    submissions: deps.submissions,
    whenClean: deps.whenClean,
    refused: (jobs) => refused.inc({}, jobs),
    misheard: (_guardian, trouble) => misheard.inc({ trouble }),
    unguarded: (isSo) => unguarded.set(isSo ? 1 : 0),
    touch: deps.touch,
  });
  const takeOver = new TakeOver({
    ...{ regionId, region, peers, records, book, clock, log },
    isAutomatic: takesOverItself,
    leasesOverMs: deps.agentLeaseMs + limits.scheduler.agentMarginMs,
  });
  deps.gate.withholds = (state, one, isToldOf) => guard.withholds(state, one, isToldOf);
  const loops: Promise<void>[] = [];
  const unfollow = region.follow((entries) => guard.committed(entries));
  const lookEveryMs = Math.min(limits.federation.lookEveryMs, lostMs / 4);
  return {
    mayOffer: (state, job) => guard.mayOffer(state, job),
    register,
    start() {
      const repeat = (everyMs: number, doing: string, work: () => Promise<void>) =>
        loops.push(repeatedly({ clock, log, signal, everyMs, doing, work }));
      repeat(limits.federation.guardEveryMs, 'copying the queue to its guardian', () => guard.round());
      repeat(lookEveryMs, 'looking at regions that this one guards', () => takeOver.round());
      loops.push(lettingGo(guard, { clock, log, signal }));
    },
    async close() {
      unfollow();
      await Promise.all(loops);
    },
  };
}

interface Loop {
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

async function repeatedly(
  loop: Loop & { everyMs: number; doing: string; work: () => Promise<void> },
): Promise<void> {
  const { clock, log, signal, everyMs, doing, work } = loop;
  while (!signal.aborted) {
    await work().catch((error: unknown) => log.info({ err: error }, `${doing} failed; it comes again`));
    await sleep(clock, everyMs, signal).catch(() => {});
  }
}

/** As soon as something waits for it; where it fails, a moment later. */
async function lettingGo(guard: QueueGuard, { clock, log, signal }: Loop): Promise<void> {
  let wake = () => {};
  let isWanted = true;
  signal.addEventListener('abort', () => wake(), { once: true });
  guard.wanted = () => {
    isWanted = true;
    wake();
  };
  while (!signal.aborted) {
    if (!isWanted)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    isWanted = false;
    if (signal.aborted) return;
    await guard.letGo().catch(async (error: unknown) => {
      log.info({ err: error }, 'the guardian of the queue does not let go what is placed: it waits for that');
      isWanted = true;
      await sleep(clock, limits.federation.guardEveryMs, signal).catch(() => {});
    });
  }
}
