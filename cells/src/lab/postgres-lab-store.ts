/** The lab store in Postgres: one statement per call. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { labLayouts, labSettings } from '../db/lab.ts';
import type { LabStore, LayoutOwner, StoredText } from './lab-store.ts';

export function createPostgresLabStore(database: Database): LabStore {
  return { ...settingsStore(database), ...layoutsStore(database) };
}

const settingColumns = {
  name: labSettings.pluginId,
  text: labSettings.raw,
  createdAt: labSettings.createdAt,
  modifiedAt: labSettings.modifiedAt,
};

type SettingsStore = Pick<LabStore, 'settings' | 'setting' | 'saveSetting'>;

function settingsStore(database: Database): SettingsStore {
  const read = () => database.select(settingColumns).from(labSettings);
  return {
    async settings(userId) {
      const rows = await read()
        .where(eq(labSettings.userId, userId))
        .orderBy(byteOrder(labSettings.pluginId));
      return rows.map(storedText);
    },
    async setting(userId, pluginId) {
      const mine = and(eq(labSettings.userId, userId), eq(labSettings.pluginId, pluginId));
      return firstText(await read().where(mine));
    },
    async saveSetting(userId, pluginId, text, nowMs) {
      const now = new Date(nowMs);
      await database
        .insert(labSettings)
        .values({ userId, pluginId, raw: text, createdAt: now, modifiedAt: now })
        .onConflictDoUpdate({
          target: [labSettings.userId, labSettings.pluginId],
          set: { raw: text, modifiedAt: now },
        });
    },
  };
}

const layoutColumns = {
  name: labLayouts.name,
  text: labLayouts.body,
  createdAt: labLayouts.createdAt,
  modifiedAt: labLayouts.modifiedAt,
};

function layoutsStore(database: Database): Omit<LabStore, keyof SettingsStore> {
  const read = () => database.select(layoutColumns).from(labLayouts);
  return {
    async layouts(owner) {
      return (await read().where(ownedBy(owner)).orderBy(byteOrder(labLayouts.name))).map(storedText);
    },
    async layout(owner, name) {
      return firstText(await read().where(named(owner, name)));
    },
    async saveLayout(owner, name, text, nowMs) {
      const written = await insertLayout(database, owner, name, text, new Date(nowMs).toISOString());
      return written.length > 0;
    },
    async deleteLayout(owner, name) {
      const gone = await database
        .delete(labLayouts)
        .where(named(owner, name))
        .returning({ name: labLayouts.name });
      return gone.length > 0;
    },
    async forgetWorkspace(workspaceId: WorkspaceId) {
      await database.delete(labLayouts).where(eq(labLayouts.workspaceId, workspaceId));
    },
  };
}

/**
 * Counts and inserts in one statement. Two at once at the very limit may both pass, which makes one layout
 * too many and harms nobody: the limit bounds storage, it is no promise.
 */
function insertLayout(database: Database, owner: LayoutOwner, name: string, text: string, now: string) {
  const { workspaceId, userId } = owner;
  return database.execute(sql`
    insert into lab_layouts (workspace_id, user_id, name, body, created_at, modified_at)
    select ${workspaceId}, ${userId}, ${name}, ${text}, ${now}::timestamptz, ${now}::timestamptz
    where exists (select 1 from lab_layouts
                  where workspace_id = ${workspaceId} and user_id = ${userId} and name = ${name})
       or (select count(*) from lab_layouts where workspace_id = ${workspaceId} and user_id = ${userId})
          < ${limits.lab.layoutsPerWorkspaceMax}
    on conflict (workspace_id, user_id, name)
      do update set body = excluded.body, modified_at = excluded.modified_at
    returning name`);
}

const ownedBy = ({ workspaceId, userId }: LayoutOwner) =>
  and(eq(labLayouts.workspaceId, workspaceId), eq(labLayouts.userId, userId));

const named = (owner: LayoutOwner, name: string) => and(ownedBy(owner), eq(labLayouts.name, name));

/** Bytes, not the server's language: the same order on every machine and in memory. */
const byteOrder = (column: typeof labSettings.pluginId | typeof labLayouts.name) =>
  sql`${column} collate "C"`;

interface Row {
  name: string;
  text: string;
  createdAt: Date;
  modifiedAt: Date;
}

function storedText(row: Row): StoredText {
  const { name, text, createdAt, modifiedAt } = row;
  return { name, text, createdAtMs: createdAt.getTime(), modifiedAtMs: modifiedAt.getTime() };
}

function firstText(rows: Row[]): StoredText | null {
  return rows[0] === undefined ? null : storedText(rows[0]);
}
