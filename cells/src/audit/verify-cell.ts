/** A cell's chain, read page by page and checked against what was signed in the database and among the objects. */

import { columnsIfEvent } from '@cellbook/shared/audit/event-columns.ts';
import type { AuditPublicKey } from '@cellbook/shared/audit/statements.ts';
import { type ChainReport, type StoredChainRow, verifyChain } from '@cellbook/shared/audit/verify.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import { anchorPrefix } from './checkpoints.ts';
import type { AuditStore } from './store/audit-store.ts';

export interface CellToVerify {
  store: AuditStore;
  objects: ObjectStore;
  chain: string;
  keys: readonly AuditPublicKey[];
  nowMs: number;
}

export async function verifyCell({ store, objects, chain, keys, nowMs }: CellToVerify): Promise<ChainReport> {
  const statements = (await store.statements()).map(({ jws }) => jws);
  const anchors = await anchorsOf(objects, chain);
  return verifyChain({
    ...{ chain, keys, nowMs, statements, anchors },
    rows: rowsOf(store),
    columnsOf: columnsIfEvent,
  });
}

/** The chain, a page at a time. */
export async function* rowsOf(store: AuditStore): AsyncGenerator<StoredChainRow> {
  for (let from = 0; ; ) {
    const rows = await store.rows(from, limits.audit.pageRows);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    from = last.seq + 1;
  }
}

async function anchorsOf(objects: ObjectStore, chain: string): Promise<string[]> {
  const found: string[] = [];
  for await (const key of objects.list(anchorPrefix(chain))) {
    const bytes = await objects.get(key);
    if (bytes) found.push(bytes.toString());
  }
  return found;
}
