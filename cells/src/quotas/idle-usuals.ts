/**
 * A user's own idle time, for all of his workspaces in an organisation but those that have one of their own. It is
 * written into their rows, which is where whoever suspends them reads it, under the lock that a workspace is created
 * under (lifecycle/stores/postgres-workspace-store.ts): one that is made meanwhile has it as well.
 */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { and, eq, isNull } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { idleUsuals } from '../db/idle-usuals.ts';
import { workspaces } from '../db/workspaces.ts';
import { parseWorkspaceRow } from '../lifecycle/stores/parse-workspace-row.ts';
import type { WorkspaceRow } from '../lifecycle/stores/workspace-row.ts';
import { lockOrganisation, type Transaction } from './count-workspaces.ts';

export interface Whose {
  ownerId: UserId;
  orgId: OrgId;
}

export class IdleUsuals {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `seconds` null: never. Null: he has chosen nothing. */
  of(whose: Whose): Promise<{ seconds: number | null } | null> {
    return idleUsualOf(this.#database, whose);
  }

  /** The workspaces that have it now. */
  choose(whose: Whose, seconds: number | null): Promise<WorkspaceRow[]> {
    return this.#database.transaction(async (tx) => {
      await lockOrganisation(tx, whose.orgId);
      await tx
        .insert(idleUsuals)
        .values({ ...whose, seconds })
        .onConflictDoUpdate({ target: [idleUsuals.ownerId, idleUsuals.orgId], set: { seconds } });
      return spread(tx, whose, seconds);
    });
  }

  /** The workspaces that have what his organisation or tier gives them from now on: `seconds`. */
  forget(whose: Whose, seconds: number): Promise<WorkspaceRow[]> {
    return this.#database.transaction(async (tx) => {
      await lockOrganisation(tx, whose.orgId);
      const gone = await tx.delete(idleUsuals).where(of(whose)).returning();
      return gone.length === 0 ? [] : spread(tx, whose, seconds);
    });
  }
}

export async function idleUsualOf(from: Pick<Database, 'select'>, whose: Whose) {
  const [chosen] = await from.select({ seconds: idleUsuals.seconds }).from(idleUsuals).where(of(whose));
  return chosen ?? null;
}

async function spread(
  tx: Transaction,
  { ownerId, orgId }: Whose,
  seconds: number | null,
): Promise<WorkspaceRow[]> {
  const his = and(eq(workspaces.ownerId, ownerId), eq(workspaces.orgId, orgId));
  const rows = await tx
    .update(workspaces)
    .set({ idleSuspendSeconds: seconds })
    .where(and(his, eq(workspaces.idleOwn, false), isNull(workspaces.purgedAt)))
    .returning();
  return rows.map(parseWorkspaceRow);
}

const of = ({ ownerId, orgId }: Whose) => and(eq(idleUsuals.ownerId, ownerId), eq(idleUsuals.orgId, orgId));
