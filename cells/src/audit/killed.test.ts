/** A process that writes is killed with -9 in the middle: what it acknowledged is there, and the rest is said to be unknown. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { verifyChain } from '@cellbook/shared/audit/verify.ts';
import { systemClock } from '@cellbook/shared/clock.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { createPostgresAuditStore } from './store/postgres-audit-store.ts';
import { createTestAudit, testChain } from './testing/test-audit.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

it('everything acknowledged is in the chain, everything begun has an event, and the chain is whole', async () => {
  const child = spawn(process.execPath, [new URL('testing/burst.ts', import.meta.url).pathname], {
    env: { ...process.env, DATABASE_URL: database.url, HOLD: 'yes' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = { begun: new Set<string>(), ended: new Set<string>() };
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, name] = line.split(' ');
    if (name !== undefined && (kind === 'begun' || kind === 'ended')) told[kind].add(name);
    if (told.ended.size === 300) child.kill('SIGKILL');
  }
  await exited;

  const store = createPostgresAuditStore(database.database);
  const next = createTestAudit(store, systemClock, 'host-a/2');
  next.log.settle();
  await next.chain.idle();
  const outcomes = new Map<string | null, string>();
  for (const { which, result } of await next.events()) {
    expect(outcomes.has(which.id)).toBe(false);
    outcomes.set(which.id, result.outcome);
  }
  for (const name of told.ended) expect(outcomes.get(name)).toBe('ok');
  for (const name of told.begun) expect(['ok', 'unknown']).toContain(outcomes.get(name));
  for (const held of ['held-0', 'held-1', 'held-2']) expect(outcomes.get(held)).toBe('unknown');
  const rows = await store.rows(1, 100_000);
  const each = async function* () {
    yield* rows;
  };
  const report = await verifyChain({
    ...{ chain: testChain, rows: each(), statements: [], anchors: [], keys: [], nowMs: 0 },
  });
  expect(report).toMatchObject({ rows: outcomes.size, findings: [] });
});
