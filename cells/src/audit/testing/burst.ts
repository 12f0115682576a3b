/**
 * A process that writes to the audit log of DATABASE_URL as fast as it can, until it is killed, and says which
 * deeds were acknowledged: `begun <id>` and `ended <id>`, a line each. `WRITERS` deeds are under way at a time;
 * with `HOLD` three more are begun first and never end.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '@cellbook/shared/clock.ts';
import { closeDatabase, openDatabase } from '../../db/database.ts';
import { createPostgresAuditStore } from '../store/postgres-audit-store.ts';
import { someEvent } from './events.ts';
import { createTestAudit } from './test-audit.ts';

const database = openDatabase(process.env.DATABASE_URL ?? '');
const { log } = createTestAudit(createPostgresAuditStore(database), systemClock, 'host-a/1');
const deedsMax = Number(process.env.DEEDS ?? Number.MAX_SAFE_INTEGER);
let [made, ended] = [0, 0];
for (let held = 0; held < 3; held++) {
  const { result: _never, ...event } = someEvent({
    which: { kind: 'test', id: `held-${held}`, owner: null, org: null },
  });
  if (process.env.HOLD) await log.begin(event);
}
const startedMs = systemClock.monotonicMs();
const addedMs: number[] = [];

async function write(): Promise<void> {
  while (made < deedsMax) {
    const name = `deed-${made++}`;
    const { result, ...event } = someEvent({ which: { kind: 'test', id: name, owner: null, org: null } });
    const beganMs = systemClock.monotonicMs();
    const deed = await log.begin(event);
    writeSync(1, `begun ${name}\n`);
    const begunMs = systemClock.monotonicMs();
    await deed.end({ result });
    addedMs.push(systemClock.monotonicMs() - beganMs, begunMs - beganMs);
    writeSync(1, `ended ${name}\n`);
    ended += 1;
  }
}
await Promise.all(Array.from({ length: Number(process.env.WRITERS ?? 20) }, write));
const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
const whole = addedMs.filter((_, index) => index % 2 === 0).sort((left, right) => left - right);
const at = (share: number) => Math.round((whole[Math.floor(whole.length * share)] ?? 0) * 10) / 10;
console.error(
  JSON.stringify({ deedsPerSecond: Math.round(ended / seconds), addedP50Ms: at(0.5), addedP99Ms: at(0.99) }),
);
await closeDatabase(database);
