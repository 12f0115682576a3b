/** What decides about a group: asked once for all of it, under the locks of its organisations. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { ISql } from 'postgres';
import {
  type Applicant,
  alikeOf,
  type Holding,
  type Known,
  orgHolder,
  userHolder,
} from '../decide-admission.ts';
import { monthOf } from '../price.ts';

/** A client or a transaction of it. */
export type Sql = ISql<Record<never, never>>;

/** In the order of their ids, so that two groups never wait for each other. Held until the commit. */
export async function lockOrganisations(sql: Sql, orgIds: Iterable<string>): Promise<void> {
  const sorted = [...new Set(orgIds)].sort();
  await sql`
    select pg_advisory_xact_lock(hashtextextended('jobs of ' || org, 0))
    from unnest(${sorted}::text[]) with ordinality as o(org, place) order by place`;
}

interface KeyRow {
  name: string;
  jobId: JobId;
  bodyHash: string | null;
  sameAs: JobId | null;
}

export async function readKnown(sql: Sql, applicants: readonly Applicant[], nowMs: number): Promise<Known> {
  const [keys, alike, holdings] = await Promise.all([
    readKeys(sql, applicants),
    readAlike(sql, applicants, nowMs),
    readHoldings(sql, applicants, nowMs),
  ]);
  return { keys, ...alike, holdings };
}

async function readKeys(sql: Sql, applicants: readonly Applicant[]): Promise<Known['keys']> {
  const keyed = applicants.flatMap(({ candidate: { spec, idempotencyKey } }) =>
    idempotencyKey === null ? [] : [{ ...spec, idempotencyKey }],
  );
  const rows = await sql<KeyRow[]>`
    select s.org_id || '/' || s.user_id || '/' || s.idempotency_key as name, s.job_id as "jobId",
      s.body_hash as "bodyHash", s.same_as as "sameAs"
    from submissions s join unnest(${keyed.map(({ orgId }) => orgId)}::text[],
      ${keyed.map(({ userId }) => userId)}::text[], ${keyed.map(({ idempotencyKey }) => idempotencyKey)}::text[])
      as k(org_id, user_id, idempotency_key) using (org_id, user_id, idempotency_key)`;
  return new Map(rows.map(({ name, ...row }) => [name, row]));
}

async function readAlike(
  sql: Sql,
  applicants: readonly Applicant[],
  nowMs: number,
): Promise<Pick<Known, 'finished' | 'underWay'>> {
  const wanted = applicants.flatMap(({ candidate: { spec, reuse } }) =>
    reuse === null ? [] : [{ orgId: spec.orgId, fingerprint: reuse.fingerprint }],
  );
  const [finished, underWay] = [new Map<string, JobId>(), new Map<string, JobId>()];
  if (wanted.length === 0) return { finished, underWay };
  const rows = await sql<{ orgId: string; fingerprint: string; jobId: JobId; hasEnded: boolean }[]>`
    select s.org_id as "orgId", s.fingerprint, s.job_id as "jobId", e.job_id is not null as "hasEnded"
    from submissions s join unnest(${wanted.map(({ orgId }) => orgId)}::text[],
      ${wanted.map(({ fingerprint }) => fingerprint)}::text[]) as w(org_id, fingerprint) using (org_id, fingerprint)
    left join job_ends e on e.job_id = s.job_id
    where s.spec is not null and (
      (e.phase = 'succeeded' and e.result_until_ms > ${nowMs} and e.result_key is not null)
      or (e.job_id is null and not exists (select 1 from cancel_requests c where c.job_id = s.job_id)))
    order by s.position`;
  for (const { orgId, fingerprint, jobId, hasEnded } of rows)
    (hasEnded ? finished : underWay).set(alikeOf(orgId, fingerprint), jobId);
  return { finished, underWay };
}

async function readHoldings(
  sql: Sql,
  applicants: readonly Applicant[],
  nowMs: number,
): Promise<Known['holdings']> {
  const holders = [
    ...new Set(applicants.flatMap(({ candidate }) => [orgHolder(candidate), userHolder(candidate)])),
  ];
  return holdingsOf(sql, holders, monthOf(nowMs));
}

export async function holdingsOf(
  sql: Sql,
  holders: readonly string[],
  month: string,
): Promise<Map<string, Holding>> {
  const rows = await sql<({ holder: string } & Holding)[]>`
    select holder, sum(unfinished)::int as unfinished,
      coalesce(sum(reserved_micros) filter (where month = ${month}), 0)::float8 as "reservedMicros",
      coalesce(sum(spent_micros) filter (where month = ${month}), 0)::float8 as "spentMicros"
    from job_accounts where holder = any(${[...holders]}) group by holder`;
  return new Map(rows.map(({ holder, ...held }) => [holder, held]));
}
