/**
 * What this Postgres can do on this machine with nothing in the way: as many connections as the cell has, each
 * committing one-row updates as fast as it is answered. The cell's own commits are told as a share of it.
 */
import postgres from 'postgres';

const connections = 20;

export async function commitsPerSecond(databaseUrl: string, seconds: number): Promise<number> {
  const sql = postgres(databaseUrl, { max: connections, onnotice: () => undefined });
  try {
    await sql`create table if not exists bench_commits (id int primary key, n int not null)`;
    for (let id = 0; id < connections; id++)
      await sql`insert into bench_commits values (${id}, 0) on conflict do nothing`;
    const endMs = performance.now() + seconds * 1_000;
    let commits = 0;
    const lane = async (_: unknown, id: number) => {
      while (performance.now() < endMs) {
        await sql`update bench_commits set n = n + 1 where id = ${id}`;
        commits++;
      }
    };
    await Promise.all(Array.from({ length: connections }, lane));
    return commits / seconds;
  } finally {
    await sql`drop table if exists bench_commits`;
    await sql.end({ timeout: 2 });
  }
}
