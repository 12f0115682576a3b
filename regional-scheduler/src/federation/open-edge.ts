/** What an instance asks of the edge all the time: who may spend how much of a cap, and whose rights have ended. */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { budgetToldSchema } from '@cellbook/shared/protocol/region-asks.ts';
import type { SchedulerConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { Region } from '../region.ts';
import { createAskEdge } from './ask-edge.ts';
import { createPostgresBudgetStore } from './budget/budget-store.ts';
import { RegionBudgets } from './budget/region-budgets.ts';
import { readSecret } from './read-secret.ts';
import { createPostgresRepeatedTasks } from './standing/repeated-tasks.ts';
import { Standing } from './standing/standing.ts';

export interface OpenEdge {
  budgets: RegionBudgets;
  standing: Standing;
  start(): void;
  close(): Promise<void>;
}

/** Null: no edge is known to this region. */
export async function openEdge(
  { regionId, federation }: Pick<SchedulerConfig, 'regionId' | 'federation'>,
  deps: { database: Database; region: Region; clock: Clock; log: Logger },
): Promise<OpenEdge | null> {
  if (!federation?.edgeUrl) return null;
  const { clock, log, database, region } = deps;
  const stop = new AbortController();
  const { signal } = stop;
  const secret = await readSecret(federation.keyFile);
  const askEdge = createAskEdge({ from: regionId, edgeUrl: federation.edgeUrl, secret, clock, signal });
  const budgets = new RegionBudgets({
    store: createPostgresBudgetStore(database),
    settle: ({ userId, ...ask }) =>
      userId === undefined
        ? askEdge('budget', ask, budgetToldSchema)
        : askEdge('userBudget', { ...ask, userId }, budgetToldSchema),
    clock,
  });
  const tasks = createPostgresRepeatedTasks(database);
  const standing = new Standing({ askEdge, tasks, region, clock, log });
  const loops: Promise<void>[] = [];
  const repeat = async (everyMs: number, doing: string, work: () => Promise<void>) => {
    while (!signal.aborted) {
      await work().catch((error: unknown) => log.info({ err: error }, `${doing} failed; it comes again`));
      await sleep(clock, everyMs, signal).catch(() => {});
    }
  };
  return {
    budgets,
    standing,
    start() {
      loops.push(
        repeat(limits.standing.askEveryMs, 'asking whose rights have ended', () => standing.round()),
      );
      const giveBack = async () => {
        if (region.leadership().leads) await budgets.giveBack();
        else budgets.keepRest();
      };
      loops.push(repeat(limits.federation.budgetLookMs, 'giving budgets back', giveBack));
    },
    async close() {
      stop.abort();
      await Promise.all(loops);
    },
  };
}
