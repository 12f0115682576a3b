/** What the edge signs of its chain, and where it is kept a second time: in KV, which the owner of D1 need not reach. */
import { type AuditKey, type AuditStatement, signStatement } from '@cellbook/shared/audit/statements.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { EdgeAuditStore } from './d1-audit-store.ts';

export const edgeChain = 'edge';
const anchorPrefix = 'audit/';

export interface SigningDeps {
  store: EdgeAuditStore;
  anchors: KVNamespace;
  /** Null: nothing is signed, and so nothing ever removed. */
  key: AuditKey | null;
  clock: Clock;
  /** How long every event is kept at least. */
  retentionDays: number;
  /** What an operator's export has not come back for stays, however old. */
  removesOnlyExported: boolean;
}

type Named = Pick<AuditStatement, 'kind' | 'seq'>;
export const anchorKey = ({ kind, seq }: Named): string =>
  `${anchorPrefix}${String(seq).padStart(15, '0')}${kind === 'removal' ? '-removal' : ''}`;

/** Signs the head where the last signature is old or far behind. */
export async function checkpoint({ store, anchors, key, clock }: SigningDeps): Promise<void> {
  if (key === null) return;
  const [{ seq, hash }, last] = await Promise.all([store.head(), store.lastStatement()]);
  const atMs = clock.nowMs();
  const { checkpointMs, checkpointEvents } = limits.audit;
  const isDue = last === null || atMs - last.atMs >= checkpointMs || seq - last.seq >= checkpointEvents;
  if (seq === 0 || seq === last?.seq || !isDue) return;
  const at = new Date(atMs).toISOString();
  const statement = { kind: 'checkpoint', chain: edgeChain, seq, hash, at } as const;
  const jws = await signStatement(statement, key);
  if (!(await store.addStatement({ kind: 'checkpoint', seq, atMs, jws }))) return;
  await anchors.put(anchorKey(statement), jws);
}

export async function anchorsOf(anchors: KVNamespace): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: KVNamespaceListResult<unknown> = await anchors.list({ prefix: anchorPrefix, cursor });
    for (const { name } of page.keys) {
      const jws = await anchors.get(name);
      if (jws !== null) found.push(jws);
    }
    if (page.list_complete) return found;
    cursor = page.cursor;
  }
}
