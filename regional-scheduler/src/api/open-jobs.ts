/** The jobs API of one instance with all that stands behind it: admission, ends, webhooks, results. */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { outdatedHeader, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { FastifyInstance } from 'fastify';
import type { JWTVerifyGetKey } from 'jose';
import type { Candidate } from '../admission/asked.ts';
import type { Predict } from '../admission/candidate-of.ts';
import { GroupCommit } from '../admission/group-commit.ts';
import { Lateness } from '../admission/lateness.ts';
import { PostgresSubmissionStore } from '../admission/postgres/postgres-submission-store.ts';
import { postgresRates } from '../admission/postgres-rates.ts';
import { watchPressure } from '../admission/pressure-of.ts';
import { degradingRates } from '../admission/rates.ts';
import { redisRates } from '../admission/redis-rates.ts';
import type { SubmissionStore } from '../admission/submission-store.ts';
import { mayRun } from '../core/contain/contain.ts';
import type { Database } from '../db/database.ts';
import { followEnds } from '../ends/follow-ends.ts';
import { forgetCheckpoints } from '../ends/forget-checkpoints.ts';
import type { SettleDeps } from '../ends/settle-ended.ts';
import { tellJoinedOf } from '../ends/settlement-of.ts';
import type { OpenEdge } from '../federation/open-edge.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { Region } from '../region.ts';
import { expireResults } from '../results/expire-results.ts';
import type { Keys } from '../results/signed-urls.ts';
import { createWebhookDeliveries } from '../webhooks/deliver-webhooks.ts';
import { postWebhook } from '../webhooks/post-webhook.ts';
import { countTries } from '../webhooks/webhook-metrics.ts';
import { createWebhookOutbox } from '../webhooks/webhook-outbox.ts';
import type { RouteAccess } from './access/gate.ts';
import { createPrincipalVerifier } from './access/principal-verifier.ts';
import { registerJobsApi } from './jobs-api.ts';
import type { JobsDeps } from './jobs-deps.ts';
import { hearReport } from './logs/heard-report.ts';
import { createJobLogs } from './logs/job-logs.ts';
import { redisTails } from './logs/redis-tails.ts';
import { openRedis } from './open-redis.ts';

export interface OpenJobsDeps {
  regionId: RegionId;
  schedulerId: string;
  region: Region;
  database: Database;
  objects: Pick<ObjectStore, 'size' | 'read' | 'remove' | 'list'>;
  predict: Predict;
  /** Of principals. */
  edgeKeys: JWTVerifyGetKey;
  keys: Keys;
  publicUrl: URL;
  redisUrl: string | null;
  /** Hosts that webhooks may reach though they are at private addresses. */
  webhookHosts: ReadonlySet<string>;
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
  /** Absent: caps and rights are what the request says of them. */
  edge?: Pick<OpenEdge, 'budgets' | 'standing'> | null;
}

export interface OpenJobs {
  store: SubmissionStore;
  register(app: FastifyInstance): Promise<RouteAccess[]>;
  /** Of each report of an agent, before it is taken in. */
  heard(report: AgentReport): void;
  start(): void;
  stop(): Promise<void>;
}

export function openJobs(deps: OpenJobsDeps): OpenJobs {
  const { regionId, region, database, objects, keys, clock, random, log } = deps;
  const store = new PostgresSubmissionStore(database, tellJoinedOf(regionId));
  const redis = deps.redisUrl === null ? null : openRedis(deps.redisUrl, log);
  const prefix = `cellbook/${deps.schedulerId}/`;
  const logs = createJobLogs(database, redis && redisTails(redis, prefix, clock));
  const pressure = watchPressure({ state: () => region.state(), clock });
  const outbox = createWebhookOutbox(database);
  const allowed = deps.webhookHosts;
  const deliveries = createWebhookDeliveries({
    ...{ outbox, keys, clock, random, log, post: (post) => postWebhook({ allowed }, post) },
    tried: countTries(deps.metrics, deps.clock),
  });
  const settled = () => region.wake();
  const ends = followEnds({
    ...{ log: region.log, store, regionId, clock, random, logger: log, settled, objects },
    logs,
    ...countedEnds(deps.metrics),
  });
  const lateness = new Lateness(clock);
  const commit = lateness.over(new GroupCommit({ store, clock }));
  const jobs: JobsDeps = {
    ...{ regionId, region, store, pressure, objects, outbox, logs, keys, clock, log },
    publicUrl: deps.publicUrl,
    admit: {
      ...{ regionId, clock, random, pressure, predict: deps.predict, ...countedBy(deps.metrics) },
      rates: ratesOf(deps, redis && redisRates({ client: redis, prefix, clock })),
      ...{ commit: deps.edge?.budgets.over(commit) ?? commit, lateness },
      usualDurability: (tier) => region.state()?.policy.tiers[tier].durability ?? 'durable',
      refusedClass: (candidate) => refusedClass(region, candidate, clock.nowMs()),
      wake: () => region.wake(),
    },
  };
  const heardDeps = {
    ...{ logs, state: () => region.state(), nowMs: () => clock.nowMs() },
    onFailure: (error: unknown) => log.warn({ err: error }, 'the last lines of an attempt were not kept'),
  };
  const tidying = repeatedly(clock, limits.jobs.expireEveryMs, async (isStopped) => {
    await expireResults({ database, objects, clock, log, isStopped }).catch((error: unknown) =>
      log.warn({ err: error }, 'results are removed later'),
    );
    await outbox.forget(clock.nowMs() - limits.jobs.webhook.keptDays * 86_400_000).catch(() => 0);
  });
  const forgetting = forgetCheckpoints({ region, objects, logger: log });
  let unfollow = () => {};
  return {
    store,
    register(app) {
      const signed = createPrincipalVerifier({ ...deps, keys: deps.edgeKeys });
      app.addHook('onError', async (_request, reply, error) => {
        const isNews = error instanceof CellbookError && error.code === 'standing_changed';
        if (isNews) reply.header(outdatedHeader, '1');
      });
      return registerJobsApi(app, jobs, deps.edge?.standing.over(signed) ?? signed);
    },
    heard: (report) => hearReport(heardDeps, report),
    start() {
      unfollow = region.follow(() => ends.hint());
      ends.start();
      deliveries.start();
      tidying.start();
    },
    async stop() {
      unfollow();
      await Promise.all([forgetting.stop(), tidying.stop(), ends.stop(), deliveries.stop()]);
      redis?.destroy();
    },
  };
}

function ratesOf(
  { database, clock, log, metrics }: OpenJobsDeps,
  first: ReturnType<typeof redisRates> | null,
) {
  const fallback = postgresRates(database, clock);
  if (!first) return fallback;
  const fallbacks = metrics.counter(
    'cellbook_scheduler_rates_degraded_total',
    'Times that counting submissions fell back from Redis to Postgres.',
    [],
  );
  return degradingRates({ first, fallback, clock, log, degraded: () => fallbacks.inc() });
}

function countedBy(metrics: Metrics): Pick<JobsDeps['admit'], 'counted'> {
  const submissions = metrics.counter(
    'cellbook_scheduler_submissions_total',
    'Jobs handed in, by tier and what became of them: stored, known, or why refused.',
    ['tier', 'outcome'],
  );
  return { counted: (outcome, { tier }) => submissions.inc({ tier, outcome }) };
}

function countedEnds(metrics: Metrics): Pick<SettleDeps, 'setAside' | 'spent'> {
  const setAside = metrics.counter(
    'cellbook_scheduler_ends_set_aside_total',
    'Ends of jobs that were kept without their story, or not at all, since it could not be stored.',
    [],
  );
  const spent = metrics.counter(
    'cellbook_scheduler_spend_micros_total',
    'What jobs that ended have cost, in millionths of the account’s unit.',
    ['tier'],
  );
  for (const tier of tierSchema.options) spent.inc({ tier }, 0);
  return { setAside: () => setAside.inc(), spent: (tier, micros) => spent.inc({ tier }, micros) };
}

function refusedClass(region: Region, { spec }: Candidate, nowMs: number): string | null {
  const state = region.state();
  if (!state) return null;
  const judged = mayRun(state.contain, spec, state.fleet.capacityGpus, nowMs);
  return !judged.go && judged.refuse ? judged.because : null;
}

function repeatedly(clock: Clock, everyMs: number, work: (isStopped: () => boolean) => Promise<void>) {
  let timer: Timer | null = null;
  let flight: Promise<void> = Promise.resolve();
  let isStopped = false;
  const run = () => {
    flight = work(() => isStopped).then(() => {
      if (!isStopped) timer = clock.setTimer(everyMs, run);
    });
  };
  return {
    start: run,
    async stop() {
      isStopped = true;
      timer?.cancel();
      await flight;
    },
  };
}
