/**
 * What has to be done now and then by somebody, of many isolates that share no memory. Whoever finds a task due
 * takes it by moving its time in the directory (one statement, one winner) and does it; the others find it taken.
 * Two things ask: the schedule of the deployment (wrangler.toml), and a request, behind its answer and at most once
 * in `limits.edge.upkeepEveryMs` and isolate, so that a platform whose runtime keeps no schedule is tidied as well.
 * A task that fails, or whose isolate ends, is done when it is due again: each takes up where it finds things.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { createBatch } from '../directory/d1-batch.ts';
import type { Defer } from '../directory/snapshot.ts';

export interface Upkeep {
  /** Does what is due and nobody else has taken; the names of it. A task's failure is told, and stops no other. */
  turn(): Promise<string[]>;
  behind(defer: Defer): void;
}

export interface Task {
  everyMs: number;
  work(): Promise<unknown>;
}

export interface UpkeepDeps {
  db: D1Database;
  clock: Clock;
  tasks: Readonly<Record<string, Task>>;
  onFailure(task: string, cause: unknown): void;
}

export function createUpkeep({ db, clock, tasks, onFailure }: UpkeepDeps): Upkeep {
  const run = createBatch(db, clock);
  let askedMs = Number.NEGATIVE_INFINITY;

  async function isMine(name: string, everyMs: number): Promise<boolean> {
    const nowMs = clock.nowMs();
    const [taken] = await run([
      db
        .prepare(
          `INSERT INTO upkeep VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at
           WHERE upkeep.due_at <= ?3 OR upkeep.due_at > ?4 RETURNING name`,
        )
        // A time so far off was set by a clock that is wrong, or when the task was a rare one.
        .bind(name, nowMs + everyMs, nowMs, nowMs + 2 * everyMs),
    ]);
    return taken?.results.length === 1;
  }

  async function turn(): Promise<string[]> {
    const done: string[] = [];
    for (const [name, { everyMs, work }] of Object.entries(tasks)) {
      try {
        if (!(await isMine(name, everyMs))) continue;
        done.push(name);
        await work();
      } catch (cause) {
        onFailure(name, cause);
      }
    }
    return done;
  }

  return {
    turn,
    behind(defer) {
      const nowMs = clock.monotonicMs();
      if (nowMs - askedMs < limits.edge.upkeepEveryMs) return;
      askedMs = nowMs;
      defer(turn());
    },
  };
}
