/**
 * Changes of phase in Postgres, each with what is recorded with it. Those that come at once are one statement,
 * and one commit: each changes its row where lease, epoch and generation still match, and only then adds its
 * record. A row that somebody else has locked at that moment is left out and committed alone afterwards, as is
 * what leaves an event for the audit log.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { and, eq, sql } from 'drizzle-orm';
import { actionOfPhaseEvent, type LifecycleOutbox } from '../../audit/lifecycle-outbox.ts';
import { Batcher } from '../../db/batcher.ts';
import { isDataError } from '../../db/data-error.ts';
import type { Database } from '../../db/database.ts';
import { executorTurns } from '../../db/turns.ts';
import { workspaces } from '../../db/workspaces.ts';
import type { CommitGuard, CommitResult, PhaseCommit } from './lease-store.ts';
import { parseRawWorkspaceRow, parseWorkspaceRow } from './parse-workspace-row.ts';
import { isHeld, moment, type Stored } from './postgres-conditions.ts';
import { insertTransitions, storable, storableJson, transitionsAsJson } from './transition-values.ts';

interface Wanted {
  workspaceId: WorkspaceId;
  guard: CommitGuard;
  commit: PhaseCommit;
}

export class PostgresCommits {
  readonly #database: Database;
  readonly #outbox: LifecycleOutbox | null;
  readonly #committing: Batcher<Wanted, CommitResult | 'locked'>;

  constructor(database: Database, outbox: LifecycleOutbox | null) {
    this.#database = database;
    this.#outbox = outbox;
    this.#committing = new Batcher({
      run: (wanted) => this.#commitMany(wanted),
      keyOf: ({ workspaceId }) => workspaceId,
      isOfOne: isDataError,
      batchMax: limits.lifecycle.batchMax,
      lanesMax: limits.lifecycle.batchLanes,
      turns: executorTurns,
    });
  }

  async commit(workspaceId: WorkspaceId, guard: CommitGuard, commit: PhaseCommit): Promise<CommitResult> {
    const wanted = { workspaceId, guard, commit };
    if (unaskedActionOf(commit) !== null) return this.#commitOne(wanted);
    const answer = await this.#committing.ask(wanted);
    return answer === 'locked' ? this.#commitOne(wanted) : answer;
  }

  #commitOne({ workspaceId, guard, commit }: Wanted): Promise<CommitResult> {
    const held = isHeld(workspaceId, guard.holder, guard.epoch);
    return this.#database.transaction(async (tx) => {
      const [row] = await tx
        .update(workspaces)
        .set(valuesOf(commit))
        .where(and(held, eq(workspaces.generation, guard.generation)))
        .returning();
      if (row) {
        await insertTransitions(tx, commit.transitions);
        const parsed = parseWorkspaceRow(row);
        const unasked = unaskedActionOf(commit);
        if (unasked !== null) await this.#outbox?.(tx, unasked, parsed);
        return { committed: true, row: parsed };
      }
      const stillHeld = (await tx.$count(workspaces, held)) > 0;
      return { committed: false, reason: stillHeld ? 'intent_changed' : 'lease_lost' };
    });
  }

  async #commitMany(wanted: readonly Wanted[]): Promise<(CommitResult | 'locked')[]> {
    const asked = wanted.map(({ workspaceId, guard, commit: { state, hostId, release } }, n) => ({
      ...{
        n,
        workspaceId,
        ...guard,
        ...state,
        generation: guard.generation,
        hostId,
        release: release ?? false,
      },
      ...{ problem: state.problem?.text ?? null, problemCode: state.problem?.code ?? null },
      retryAt: state.retryAtMs === null ? null : moment(state.retryAtMs),
      purgedAt: state.purgedAtMs === null ? null : moment(state.purgedAtMs),
      epoch: guard.epoch,
    }));
    const entries = wanted.flatMap(({ commit }) => commit.transitions);
    const rows = await this.#database.execute(sql`
      with asked as materialized (
        select * from jsonb_to_recordset(${storableJson(asked)}::text::jsonb) as asked (
          n int, "workspaceId" text, holder text, epoch int, generation int, phase text, dormant bool, problem text,
          "problemCode" text, attempts int, "retryAt" timestamptz, "lastRung" text, "lastResume" jsonb, "purgedAt" timestamptz,
          "hostId" text, release bool)),
      locked as materialized (
        select id, lease_holder, epoch from workspaces where id in (select "workspaceId" from asked)
        order by id for update skip locked),
      changed as (
        update workspaces set
          phase = asked.phase, dormant = asked.dormant, problem = asked.problem,
          problem_code = asked."problemCode", attempts = asked.attempts, retry_at = asked."retryAt",
          last_rung = asked."lastRung", last_resume = asked."lastResume", purged_at = asked."purgedAt", host_id = asked."hostId",
          lease_holder = case when asked.release then null else workspaces.lease_holder end,
          lease_expires_at = case when asked.release then null else workspaces.lease_expires_at end
        from asked join locked on locked.id = asked."workspaceId"
        where workspaces.id = asked."workspaceId" and workspaces.lease_holder = asked.holder
          and workspaces.epoch = asked.epoch and workspaces.generation = asked.generation
        returning asked.n, workspaces.*),
      noted as (${transitionsAsJson(entries, sql`where workspace_id in (select id from changed)`)})
      select changed.*, locked.id is not null as was_locked,
        coalesce(locked.lease_holder = asked.holder and locked.epoch = asked.epoch, false) as was_held,
        exists (select from workspaces there where there.id = asked."workspaceId") as is_there
      from asked left join locked on locked.id = asked."workspaceId" left join changed on changed.n = asked.n
      order by asked.n`);
    return rows.map((row) => {
      if (row.id !== null) return { committed: true, row: parseRawWorkspaceRow(row) };
      if (row.was_locked !== true && row.is_there === true) return 'locked';
      return { committed: false, reason: row.was_held === true ? 'intent_changed' : 'lease_lost' };
    });
  }
}

const unaskedActionOf = ({ transitions }: PhaseCommit) => {
  for (const entry of transitions) {
    const action = entry.kind === 'phase' ? actionOfPhaseEvent(entry.event) : null;
    if (action !== null) return action;
  }
  return null;
};

function valuesOf({ state, hostId, release }: PhaseCommit): Partial<Stored> {
  return {
    phase: state.phase,
    dormant: state.dormant,
    problem: storable(state.problem?.text ?? null),
    problemCode: state.problem?.code ?? null,
    attempts: state.attempts,
    retryAt: state.retryAtMs === null ? null : moment(state.retryAtMs),
    lastRung: state.lastRung,
    lastResume: state.lastResume && sql`${storableJson(state.lastResume)}::text::jsonb`,
    purgedAt: state.purgedAtMs === null ? null : moment(state.purgedAtMs),
    hostId,
    ...(release && { leaseHolder: null, leaseExpiresAt: null }),
  };
}
