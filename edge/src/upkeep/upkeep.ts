/**
 * What has to be done now and then by somebody, of many isolates that share no memory. Whoever finds the turn due
 * takes it by moving the time in the directory (one statement, one winner) and does it; the others find it taken.
 * Two things ask: the schedule of the deployment (wrangler.toml), and a request, behind its answer and at most once
 * in `limits.edge.upkeepEveryMs` and isolate, so that a platform whose runtime keeps no schedule is tidied as well.
 * A turn that fails, or whose isolate ends, is done by the next one: every task takes up where it finds things.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { createBatch } from '../directory/d1-batch.ts';
import type { Defer } from '../directory/snapshot.ts';

export interface Upkeep {
  /** Takes the turn if it is due; whether it did. A task's failure is told, and stops no other task. */
  turn(): Promise<boolean>;
  behind(defer: Defer): void;
}

export interface UpkeepDeps {
  db: D1Database;
  clock: Clock;
  tasks: Readonly<Record<string, () => Promise<unknown>>>;
  onFailure(task: string, cause: unknown): void;
}

export function createUpkeep({ db, clock, tasks, onFailure }: UpkeepDeps): Upkeep {
  const run = createBatch(db, clock);
  const { upkeepEveryMs } = limits.edge;
  let askedMs = Number.NEGATIVE_INFINITY;

  async function turn(): Promise<boolean> {
    const [taken] = await run([
      db
        .prepare(
          `INSERT INTO upkeep VALUES ('all', ?1) ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at
           WHERE upkeep.due_at <= ?2 RETURNING name`,
        )
        .bind(clock.nowMs() + upkeepEveryMs, clock.nowMs()),
    ]);
    if (taken?.results.length !== 1) return false;
    for (const [name, task] of Object.entries(tasks))
      await task().catch((cause: unknown) => onFailure(name, cause));
    return true;
  }

  return {
    turn,
    behind(defer) {
      const nowMs = clock.monotonicMs();
      if (nowMs - askedMs < upkeepEveryMs) return;
      askedMs = nowMs;
      defer(turn().catch((cause: unknown) => onFailure('taking the turn', cause)));
    },
  };
}
