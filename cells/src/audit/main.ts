/**
 * `node cells/src/audit/main.ts verify|export`: one cell's log as its database and object store hold it, without
 * the cell. `verify` prints the report as one line of JSON and exits with 1 where something is broken; `export`
 * prints every event as a line. DATABASE_URL, CELLBOOK_OBJECTS, CELLBOOK_CELL_ID and CELLBOOK_AUDIT_KEY are the
 * cell's own; of the key file only the public halves are needed.
 */
import { systemClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { closeDatabase, openDatabase } from '../db/database.ts';
import { openObjectStore } from '../storage/objects/open-object-store.ts';
import { readVerificationKeys } from './audit-key.ts';
import type { AuditStore } from './store/audit-store.ts';
import { createPostgresAuditStore } from './store/postgres-audit-store.ts';
import { verifyCell } from './verify-cell.ts';

const given = z
  .object({
    DATABASE_URL: z.url(),
    CELLBOOK_OBJECTS: z.string(),
    CELLBOOK_CELL_ID: z.string(),
    CELLBOOK_AUDIT_KEY: z.string(),
  })
  .parse(process.env);
const command = z.enum(['verify', 'export']).parse(process.argv[2]);
const chain = `cell-${given.CELLBOOK_CELL_ID}`;
const database = openDatabase(given.DATABASE_URL, { applicationName: 'cellbook-audit', connectionsMax: 1 });
try {
  const store = createPostgresAuditStore(database);
  if (command === 'export') await print(store);
  else {
    const objects = openObjectStore(given.CELLBOOK_OBJECTS, { clock: systemClock, random: systemRandom });
    const keys = await readVerificationKeys(given.CELLBOOK_AUDIT_KEY);
    const report = await verifyCell({ ...{ store, objects, chain, keys }, nowMs: systemClock.nowMs() });
    console.log(JSON.stringify(report));
    if (report.findings.length > 0) process.exitCode = 1;
  }
} finally {
  await closeDatabase(database);
}

async function print(store: AuditStore): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await store.list({ scope: { kind: 'all' }, after, limit: limits.audit.pageRows });
    const last = rows.at(-1);
    if (!last) return;
    const lines = rows.map(({ seq, hash, body }) =>
      JSON.stringify({ chain, seq, hash, event: JSON.parse(body) }),
    );
    if (!process.stdout.write(`${lines.join('\n')}\n`))
      await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
    after = last.seq;
  }
}
