/**
 * Partitions of the log, by range of numbers. There is always one that the next events fit into, and one more. One is
 * dropped when a snapshot covers it, whoever follows the log by a cursor has read it, its newest event is old, and it is
 * not the newest that holds any: the log's last number must never go back.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../db/database.ts';

export interface PartitionOptions {
  partitionEvents?: number;
}

const span = ({ partitionEvents = limits.scheduler.partitionEvents }: PartitionOptions) => partitionEvents;

/** Makes what is missing; any number of instances may at once. */
export async function ensurePartitions(
  { $client: sql }: Database,
  lastSeq: number,
  options: PartitionOptions = {},
): Promise<void> {
  const events = span(options);
  const current = Math.floor(lastSeq / events);
  for (const number of [current, current + 1]) {
    const [found] = await sql<{ name: string | null }[]>`select to_regclass(${nameOf(number)})::text as name`;
    if (found?.name !== null) continue;
    await sql.unsafe(
      `create table if not exists ${nameOf(number)} partition of events
       for values from (${number * events}) to (${(number + 1) * events})`,
    );
  }
}

export interface Expiry {
  /** The last event of the snapshot that stands. */
  snapshotSeq: number;
  lastSeq: number;
  /** Events made before may go. */
  beforeMs: number;
}

/** The numbers of the partitions that it dropped. */
export async function dropPartitions(
  { $client: sql }: Database,
  { snapshotSeq, lastSeq, beforeMs }: Expiry,
  options: PartitionOptions = {},
): Promise<number[]> {
  const events = span(options);
  const dropped: number[] = [];
  const coveredSeq = Math.min(snapshotSeq, await readByAll(sql));
  const rows = await sql<{ name: string }[]>`
    select child.relname as name from pg_inherits
    join pg_class child on child.oid = inhrelid
    where inhparent = 'events'::regclass order by length(child.relname), child.relname`;
  for (const { name } of rows) {
    const number = Number(name.slice(prefix.length));
    const end = (number + 1) * events - 1;
    if (end > coveredSeq || end >= lastSeq) break;
    const [newest] = await sql<{ at: string | null }[]>`
      select body ->> 'atMs' as at from ${sql(name)} order by seq desc limit 1`;
    if (newest && Number(newest.at) >= beforeMs) break;
    await sql.unsafe(`drop table ${name}`);
    dropped.push(number);
  }
  return dropped;
}

/** Ends that were not settled when their events went would leave their reservations for ever. */
async function readByAll(sql: Database['$client']): Promise<number> {
  const [row] = await sql<{ seq: number }[]>`select coalesce(min(seq), 0)::float8 as seq from log_cursors`;
  return row?.seq ?? 0;
}

const prefix = 'events_';
const nameOf = (number: number): string => `${prefix}${number}`;
