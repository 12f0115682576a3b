/**
 * What this Postgres can do on this machine with nothing in the way, at the same settings (fsync among them):
 * one-row commits, each answered before the next; and the floor of a transition, the row changed and its record
 * added in one statement with a notification, with as many under way as the driver pipelines. The cell's own
 * figures are told as a share of these.
 */
import postgres from 'postgres';

const connections = 20;
const pipelined = 10;

export interface Alone {
  commitsPerSecond: number;
  /** Rows of a table like the cell's, changed with two entries of a record like the cell's. */
  transitionsPerSecond: number;
}

export async function postgresAlone(databaseUrl: string, seconds: number): Promise<Alone> {
  const sql = postgres(databaseUrl, { max: connections, onnotice: () => undefined });
  try {
    await makeTables(sql);
    const commitsPerSecond = await rateOf(
      connections,
      seconds,
      (lane) => sql`
      update bench_rows set n = n + 1 where id = ${lane}`,
    );
    const transitionsPerSecond = await rateOf(
      connections * pipelined,
      seconds,
      (lane) => sql`
      with moved as (update bench_rows set n = n + 1, phase = 'running' where id = ${lane} and n >= 0 returning id),
        told as (select pg_notify('bench_rows', id::text) from moved)
      insert into bench_record (row_id, kind, step, holder, at)
      select moved.id, kind, 'attach_files', 'bench', now()
      from moved, told, (values ('phase'), ('intent')) as entry (kind)`,
    );
    return { commitsPerSecond, transitionsPerSecond };
  } finally {
    await sql`drop table if exists bench_rows, bench_record`;
    await sql.end({ timeout: 2 });
  }
}

async function makeTables(sql: postgres.Sql): Promise<void> {
  await sql`create table bench_rows (id int primary key, n int not null, phase text)`;
  await sql`create table bench_record (id bigserial primary key, row_id int not null, kind text not null,
    step text, holder text not null, at timestamptz not null)`;
  await sql`create index on bench_record (row_id, id)`;
  await sql`insert into bench_rows select lane, 0 from generate_series(0, ${connections * pipelined - 1}) as lane`;
}

async function rateOf(
  lanes: number,
  seconds: number,
  ask: (lane: number) => PromiseLike<unknown>,
): Promise<number> {
  const endMs = performance.now() + seconds * 1_000;
  let answered = 0;
  const lane = async (_: unknown, index: number) => {
    while (performance.now() < endMs) {
      await ask(index);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return answered / seconds;
}
