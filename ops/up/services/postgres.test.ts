import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SpawnContext } from '../processes/child.ts';
import { isGroupAlive, pidsWorkingIn } from '../processes/proc.ts';
import { ensureDatabase } from './database.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';

let home: string;
let context: SpawnContext;
const servers: RunningPostgres[] = [];

beforeEach(() => {
  // Only its owner may enter a fresh temporary directory: as for a checkout below /root.
  home = mkdtempSync(join(tmpdir(), 'cellbook-postgres-'));
  chmodSync(home, 0o700);
  context = {
    clock: systemClock,
    homeDirectory: home,
    logDirectory: join(home, 'logs'),
    runDirectory: join(home, 'run'),
  };
  mkdirSync(context.runDirectory);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.child.stop();
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<RunningPostgres> {
  const options = { dataDirectory: join(home, 'pg'), port: await freePort(), password: 'secret' };
  const server = await startPostgres(context, options);
  servers.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

describe('the platform’s Postgres', () => {
  it('runs from a directory that only its starter may enter, and finds its data again', async () => {
    const first = await start();
    const database = await ensureDatabase(first.url, 'cell');
    await query(database, 'create table kept as select 42 as answer');
    await first.child.stop();
    const second = await start();
    expect(second.version).toMatch(/^18\./);
    expect(await query(await ensureDatabase(second.url, 'cell'), 'select answer from kept')).toEqual([
      { answer: 42 },
    ]);
  });

  it('replaces a server that outlived its starter, and finds its data again', async () => {
    const outlived = await start();
    await query(outlived.url, 'create table kept as select 42 as answer');
    const next = await start();
    expect(isGroupAlive(outlived.child.pid)).toBe(false);
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('recovers what was committed when its server was killed', async () => {
    const killed = await start();
    await query(killed.url, 'create table kept as select 42 as answer');
    process.kill(-killed.child.pid, 'SIGKILL');
    await killed.child.exited;
    const next = await start();
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('does not start beside a backend that its killed server has left', async () => {
    const killed = await start();
    const busy = query(killed.url, 'select pg_sleep(1000)').catch(() => undefined);
    const backends = () => pidsWorkingIn(join(home, 'pg')).filter((pid) => pid !== killed.child.pid);
    await expect.poll(() => backends().length).toBeGreaterThan(0);
    // Stopped, they cannot see that their server has ended.
    const stopped = backends();
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    process.kill(killed.child.pid, 'SIGKILL');
    await killed.child.exited;
    const next = start();
    const early = await Promise.race([next, sleep(systemClock, 500).then(() => 'not yet')]);
    expect(early).toBe('not yet');
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    expect(await query((await next).url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await busy;
  });

  it('starts over a lock file whose pid now belongs to a stranger, and leaves the stranger alone', async () => {
    await (await start()).child.stop();
    const lock = join(home, 'pg', 'postmaster.pid');
    writeFileSync(lock, `${process.pid}\n${join(home, 'pg')}\n`);
    const next = await start();
    expect(readFileSync(lock, 'utf8').split('\n')[0]).toBe(String(next.child.pid));
  });

  it('makes the data anew when setting it up was cut short', async () => {
    mkdirSync(join(home, 'pg.new'));
    writeFileSync(join(home, 'pg.new', 'PG_VERSION'), '18\n');
    expect(await query((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses the data of another version', async () => {
    mkdirSync(join(home, 'pg'));
    writeFileSync(join(home, 'pg', 'PG_VERSION'), '15\n');
    await expect(start()).rejects.toMatchObject({ code: 'conflict' });
  });
});
