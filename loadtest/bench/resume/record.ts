/** What the cell itself wrote down of a resume, read from its Postgres, and what is kept of a suspended workspace. */
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { z } from 'zod';

const entrySchema = z.object({
  id: z.coerce.number(),
  kind: z.enum(['intent', 'outcome', 'phase']),
  /** Of a phase: what happened. */
  step: z.string(),
  durationMs: z.number().nullable(),
  /** Of the cell's clock, which is this machine's. */
  atMs: z.coerce.number(),
});
export type Entry = z.infer<typeof entrySchema>;

/** What sleeps: nothing, a frozen sandbox, an image on its host. */
export type Kept = 'nothing' | 'frozen' | 'image';

const deadlineMs = 120_000;
const lookMs = 20;

export type ResumeRecord = ReturnType<typeof resumeRecord>;

/** `poolSize`: how many sandboxes each pool keeps ready. */
export function resumeRecord(databaseUrl: string, poolSize: number) {
  const sql = postgres(databaseUrl, { max: 2, onnotice: () => undefined });

  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    while (performance.now() < endMs) {
      if (await isSo()) return;
      await sleep(lookMs);
    }
    throw new Error(`${what}: not so after ${deadlineMs} ms`);
  }

  async function kept(workspaceId: string): Promise<Kept> {
    const [row] = await sql`
      select image_bytes as bytes from workspace_rests where workspace_id = ${workspaceId}`;
    if (!row) return 'nothing';
    return row.bytes === null ? 'frozen' : 'image';
  }

  return {
    until,
    kept,
    /** In this phase; where nothing runs also with nobody at work on it any more. */
    settled: (workspaceId: string, phase: string) =>
      until(`workspace ${workspaceId} is ${phase}`, async () => {
        const [row] = await sql`select phase, lease_holder from workspaces where id = ${workspaceId}`;
        return row?.phase === phase && (phase === 'running' || row.lease_holder === null);
      }),
    /** The time is over that what it keeps is kept as it is. */
    async endRest(workspaceId: string): Promise<void> {
      await sql`update workspace_rests set due_at = now() where workspace_id = ${workspaceId}`;
    },
    /** It is kept as it is for an hour more. */
    async holdRest(workspaceId: string): Promise<void> {
      await sql`
        update workspace_rests set due_at = now() + interval '1 hour' where workspace_id = ${workspaceId}`;
    },
    async isRemote(workspaceId: string): Promise<boolean> {
      const [row] = await sql`select remote from workspace_rests where workspace_id = ${workspaceId}`;
      return row?.remote === true;
    },
    /** Which host keeps its memory. */
    async hostOf(workspaceId: string): Promise<string> {
      const [row] = await sql`select host_id from workspace_rests where workspace_id = ${workspaceId}`;
      return z.string().parse(row?.host_id);
    },
    poolReady: () =>
      until(`${poolSize} sandboxes are ready`, async () => {
        const [row] = await sql`
          select count(*) filter (where state = 'ready') as ready, count(*) as all from pool_members`;
        return Number(row?.ready) >= poolSize && Number(row?.all) === Number(row?.ready);
      }),
    async lastRung(workspaceId: string): Promise<string> {
      const [row] = await sql`select last_rung from workspaces where id = ${workspaceId}`;
      return z.string().parse(row?.last_rung);
    },
    async lastEntry(workspaceId: string): Promise<number> {
      const [row] = await sql`
        select coalesce(max(id), 0) as last from workspace_transitions where workspace_id = ${workspaceId}`;
      return z.coerce.number().parse(row?.last);
    },
    async entriesAfter(workspaceId: string, id: number): Promise<Entry[]> {
      const rows = await sql`
        select id, kind, step, duration_ms as "durationMs", extract(epoch from at) * 1000 as "atMs"
        from workspace_transitions where workspace_id = ${workspaceId} and id > ${id} order by id`;
      return z.array(entrySchema).parse(rows);
    },
    close: () => sql.end({ timeout: 2 }),
  };
}
