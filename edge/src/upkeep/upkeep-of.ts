/** What the edge does now and then. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { EdgeAudit } from '../audit/edge-audit.ts';
import { log } from '../log.ts';
import { prune } from './prune.ts';
import { createUpkeep, type Upkeep } from './upkeep.ts';

const { upkeepEveryMs, auditUpkeepEveryMs } = limits.edge;

export const upkeepOf = (db: D1Database, clock: Clock, audit: EdgeAudit): Upkeep =>
  createUpkeep({
    ...{ db, clock },
    tasks: {
      pruning: { everyMs: upkeepEveryMs, work: () => prune({ db, clock }) },
      'shortening the audit log': { everyMs: auditUpkeepEveryMs, work: () => audit.shorten() },
      'thinning its statements': { everyMs: auditUpkeepEveryMs, work: () => audit.thin() },
    },
    onFailure: (task, cause) => log('error', `${task}: failed, and is done when it is due again`, { cause }),
  });
