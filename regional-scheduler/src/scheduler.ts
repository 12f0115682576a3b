/**
 * One instance of a region's scheduler, put together from its parts, top to bottom, and stopped in reverse. What it says
 * of itself to others (`url`) is known once it listens, so that it asks to lead only then.
 */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { registerObjects } from './agents/object-routes.ts';
import { registerReport } from './agents/report-route.ts';
import { openPublicKeys } from './api/access/public-keys.ts';
import { keysOf } from './api/keys-of.ts';
import { openJobs } from './api/open-jobs.ts';
import { openCapacity } from './capacity/open-capacity.ts';
import type { SchedulerConfig } from './config.ts';
import { openEdge } from './federation/open-edge.ts';
import { openFederation } from './federation/open-federation.ts';
import { openMetrics } from './metrics/open-metrics.ts';
import { openObjects } from './objects/open-objects.ts';
import { openRegion, type RegionParts } from './open-region.ts';
import { openStores } from './open-stores.ts';
import { learnFromLog } from './predict/learn-from-log.ts';
import { Predictor } from './predict/predictor.ts';
import type { Region } from './region.ts';
import { closeServer } from './serve/close-server.ts';
import { registerHealthRoutes } from './serve/health-routes.ts';
import { createServer } from './serve/server.ts';
import { startUpkeep } from './upkeep/upkeep.ts';

export interface SchedulerTools {
  clock: Clock;
  random: Random;
  log: Logger;
}

export interface Scheduler {
  /** Where it listens. */
  url: string;
  region: Region;
  /** Gives the lead back. Idempotent. */
  close(): Promise<void>;
}

export async function startScheduler(config: SchedulerConfig, tools: SchedulerTools): Promise<Scheduler> {
  const { clock, log: logger } = tools;
  const { app, at, stores, objects, instance, region, jobs, beside, measured } = await open(config, tools);
  const { database, snapshots } = stores;
  await app.listen({ host: config.bind, port: config.port });
  const { port } = app.server.address() as AddressInfo;
  const listening = `http://${config.bind}:${port}`;
  at.url = config.url ?? listening;
  instance.start();
  jobs.start();
  for (const part of beside) part?.start();
  const { policy } = config;
  if (policy) await region.ask({ type: 'policy_set', atMs: clock.nowMs(), policy }, 'configuration');
  const upkeep = startUpkeep({ config, database, instance, objects, snapshots, clock, log: logger });
  logger.info({ port, url: at.url }, 'the scheduler serves');

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    await upkeep.close();
    await Promise.all([...beside.map((part) => part?.close()), measured.close()]);
    await jobs.stop();
    await instance.close();
    await closeServer(app, clock);
    await stores.close();
  }
  return {
    url: listening,
    region,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Everything that it consists of, with every route, and nothing begun. */
async function open(config: SchedulerConfig, tools: SchedulerTools) {
  const { clock, random, log: logger } = tools;
  const regionSecret = await readSecret(config.agentKeyFile);
  const metrics = createMetrics({ processMetrics: true });
  const stores = await openStores(config);
  const { database } = stores;
  const objects = openObjects(config.objects, config.dataDirectory);
  /** Known once it listens; it asks to lead only then. */
  const at = { url: config.url ?? '' };
  const gate: RegionParts['gate'] = {};
  const { instance, region } = openRegion(config, tools, { stores, metrics, at, gate });

  const app = createServer({ random, log: logger, metrics });
  const predictor = new Predictor();
  const measured = openMetrics({ ...config, metrics, region, predictor, database, clock, logger });
  registerHealthRoutes(app, {
    ...{ schedulerId: config.schedulerId, clock, metrics, region, look: measured.look },
    checkDatabase: async () => void (await database.$client`select 1`),
  });
  const learning = learnFromLog({ region, log: stores.log, predictor, clock, logger, metrics });
  const edge = await openEdge(config, { database, region, clock, log: logger });
  const jobs = openJobs({
    edge,
    ...{ ...config, region, database, objects, clock, random, log: logger, metrics },
    predict: (subject, jobId) => predictor.predict(subject, jobId),
    edgeKeys: await openPublicKeys(config.edgePublicKeysFile, clock),
    keys: keysOf(config.jobsKeys, regionSecret),
  });
  registerReport(app, {
    ...{ regionSecret, clock, leaders: stores.leaders, agentLeaseMs: config.agentLeaseMs },
    heard: (report) => jobs.heard(report),
    url: () => at.url,
    inbox: () => instance.leading?.inbox ?? null,
  });
  const leads = () => instance.isNewest;
  await registerObjects(app, { ...{ regionSecret, objects, state: region.state }, leads });
  await jobs.register(app);
  const federation = await openFederation({
    ...{ ...config, region, database, clock, log: logger, metrics, gate },
    whenClean: () => instance.whenClean(),
    touch: (hostIds) => instance.leading?.touch(hostIds),
    submissions: jobs.store,
    budgets: edge?.budgets ?? null,
  });
  federation.register(app);
  const capacity = await openCapacity({
    ...{ ...config, regionSecret, clock, log: logger, state: region.state },
    ask: (event, by) => region.ask(event, by),
    isWritten: () => instance.leading?.isWritten ?? false,
    schedulerUrl: () => at.url,
  });
  const beside = [federation, edge, capacity, learning];
  return { app, at, stores, objects, instance, region, jobs, beside, measured };
}

async function readSecret(file: string): Promise<string> {
  const secret = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (secret.length >= limits.scheduler.secretCharsMin) return secret;
  throw new CellbookError('bad_request', {
    doing: `reading the region's secret from ${file}`,
    problem: `it is missing, or shorter than ${limits.scheduler.secretCharsMin} characters`,
    next: 'Write random text into the file that CELLBOOK_AGENT_KEY_FILE names.',
  });
}
