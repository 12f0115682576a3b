/** Who has left an organisation: heard from the edge, kept here, and acted upon. */
import { type OrgId, type UserId, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  departuresAskType,
  departuresToldSchema,
  departuresToldType,
} from '@cellbook/shared/protocol/departures-api.ts';
import type { Fact } from '@cellbook/shared/protocol/standing-api.ts';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { departures as table } from '../db/departures.ts';
import { workspaceRests } from '../db/rests.ts';
import { workspaces } from '../db/workspaces.ts';
import { type DepartureDeps, Departures, type LeftWorkspace } from '../departures/departures.ts';
import { type FollowedDepartures, followDepartures } from '../departures/follow-departures.ts';
import { createPostgresDepartureStore } from '../departures/postgres-departure-store.ts';
import type { EdgeClient } from '../edge/edge-client.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { parseWorkspaceRow } from '../lifecycle/stores/parse-workspace-row.ts';
import type { SecretPart } from './secret-part.ts';
import type { CellStores } from './store-part.ts';

export interface DeparturePart {
  heard(facts: readonly Fact[]): void;
  /** Looks from now on. */
  begin(): void;
  close(): Promise<void>;
}

interface Parts {
  stores: Pick<CellStores, 'database' | 'store'>;
  lifecycle: Pick<Lifecycle, 'wake'>;
  secrets: Pick<SecretPart, 'secrets'> & { delivery: Pick<SecretPart['delivery'], 'changed'> };
  audit: Pick<AuditLog, 'begin'>;
  /** Null: this cell stands alone, and nobody tells it. */
  edge: Pick<EdgeClient, 'ask'> | null;
}

export function openDepartures(
  config: Pick<CellConfig, 'cellId'>,
  tools: CellTools,
  parts: Parts,
): DeparturePart {
  const { stores, lifecycle, secrets, audit, edge } = parts;
  const { clock, log } = tools;
  if (edge === null) return { heard: () => {}, begin: () => {}, close: async () => {} };
  const departures = new Departures({
    ...{ clock, log, store: createPostgresDepartureStore(stores.database), ask: askOf(edge) },
    leftRunning: (limit) => leftRunning(stores.database, limit),
    redeliver: (user) => secrets.delivery.changed(user),
    async suspend({ id }) {
      const wanted = { desired: 'suspended', unasked: 'workspace.owner_left', from: ['running'] } as const;
      await stores.store.request(id, { ...wanted, nowMs: clock.nowMs() });
      lifecycle.wake(id);
    },
    forgetSecrets: (user) => forgetSecrets(config, { secrets: secrets.secrets, audit }, user),
    async forgetMemory(user) {
      const kept = await endMemoryOf(stores.database, user, clock.nowMs());
      for (const id of kept) lifecycle.wake(id);
      return kept.length === 0;
    },
  });
  let followed: FollowedDepartures | null = null;
  return {
    heard: (facts) => followed?.heard(facts),
    begin() {
      followed = followDepartures({ departures, clock, log });
    },
    close: async () => followed?.close(),
  };
}

const askOf =
  (edge: Pick<EdgeClient, 'ask'>): DepartureDeps['ask'] =>
  (question) =>
    edge.ask({
      ...{ path: '/cells/departures', typ: departuresAskType, body: question },
      answer: {
        ...{ typ: departuresToldType, schema: departuresToldSchema },
        bytesMax: limits.departures.bytesMax,
      },
      deadlineMs: limits.departures.askMsMax,
      ...{ code: 'store_unavailable', doing: 'asking the edge who has left an organisation' },
    });

const hasLeft = and(eq(table.userId, workspaces.ownerId), eq(table.orgId, workspaces.orgId));

async function leftRunning(database: Database, limit: number): Promise<LeftWorkspace[]> {
  const rows = await database
    .select({ workspace: workspaces })
    .from(table)
    .innerJoin(workspaces, hasLeft)
    .where(eq(workspaces.desired, 'running'))
    .limit(limit);
  return rows.map(({ workspace }) => parseWorkspaceRow(workspace));
}

/**
 * Its time is over: their executors store what is frozen, and then remove its images with the key that opens them.
 * Those whose memory is kept still; asked again, what was stored meanwhile is over as well.
 */
async function endMemoryOf(database: Database, user: UserId, nowMs: number): Promise<WorkspaceId[]> {
  const left = database
    .select({ id: workspaces.id })
    .from(table)
    .innerJoin(workspaces, hasLeft)
    .where(eq(table.userId, user));
  const now = new Date(nowMs).toISOString();
  const rows = await database
    .update(workspaceRests)
    .set({ dueAt: sql`least(${workspaceRests.dueAt}, ${now}::timestamptz)` })
    .where(inArray(workspaceRests.workspaceId, left))
    .returning({ id: workspaceRests.workspaceId });
  return rows.map(({ id }) => workspaceIdSchema.parse(id));
}

/** An event begun before it and ended after it, as of whatever somebody asks for. */
async function forgetSecrets(
  { cellId }: Pick<CellConfig, 'cellId'>,
  { secrets, audit }: { secrets: SecretPart['secrets']; audit: Parts['audit'] },
  user: UserId,
): Promise<void> {
  if (!(await secrets.hasAny(user))) return;
  const org: OrgId | null = null;
  const deed = await audit.begin({
    who: { kind: 'system', id: `cell-${cellId}`, org, role: null, cred: null, via: 'internal' },
    what: 'secret.delete',
    which: { kind: 'user', id: user, owner: user, org },
    from: { address: null, agent: null, request: null, trace: null },
    ...{ details: { reason: 'left' }, org },
  });
  const removed = await secrets.removeAllOf(user);
  const result = { outcome: 'ok', code: null, status: null } as const;
  await deed.end({ result, details: { reason: 'left', removed } });
}
