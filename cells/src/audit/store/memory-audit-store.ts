import { type ChainHead, type ChainRow, emptyChain } from '@cellbook/shared/audit/chain.ts';
import { columnsOfBody, parseBody } from '@cellbook/shared/audit/event-columns.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { AuditEvent } from '@cellbook/shared/protocol/audit.ts';
import type { AuditIntent, AuditQuery, AuditStore, KeptStatement, SettleQuery } from './audit-store.ts';

const dayMs = 86_400_000;

/** The same promises without a disk, for tests of what stands on the log. */
export function createMemoryAuditStore(tierOf: (orgId: OrgId) => string | null = () => null): AuditStore {
  let rows: ChainRow[] = [];
  let removed: ChainHead = emptyChain;
  let exported = 0;
  const intents = new Map<string, AuditIntent>();
  const statements: KeptStatement[] = [];
  const policies = new Map<OrgId, number>();
  const newest = (): ChainHead => rows.at(-1) ?? removed;

  const keptDays = ({ org }: AuditEvent, daysByTier: Record<string, number>): number => {
    const longest = Math.max(...Object.values(daysByTier));
    if (org === null) return longest;
    return policies.get(org) ?? daysByTier[tierOf(org) ?? ''] ?? longest;
  };

  const store: AuditStore = {
    head: async () => {
      const { seq, hash } = newest();
      return { seq, hash };
    },
    async commit(batch) {
      if (batch.rows.some(({ seq }) => seq <= newest().seq)) return 'behind';
      for (const intent of batch.opened) if (!intents.has(intent.id)) intents.set(intent.id, intent);
      for (const id of batch.closed) intents.delete(id);
      rows.push(...batch.rows);
      return 'committed';
    },
    hashAt: async (seq) => rows.find((row) => row.seq === seq)?.hash ?? null,
    settleable: async (query) =>
      [...intents.values()].filter((intent) => isSettleable(intent, query)).slice(0, query.limit),
    async list(query) {
      const found = rows.filter(
        ({ seq, body }) =>
          seq < (query.before ?? Infinity) && seq > (query.after ?? 0) && matches(parseBody(body), query),
      );
      if (query.after === undefined) found.reverse();
      return found.slice(0, query.limit).map(({ seq, hash, body }) => ({ seq, hash, body }));
    },
    rows: async (from, limit) =>
      rows
        .filter(({ seq }) => seq >= from)
        .slice(0, limit)
        .map((row) => ({ ...row, columns: columnsOfBody(row.body) })),
    async addStatement(statement) {
      if (statements.some(({ kind, seq }) => kind === statement.kind && seq === statement.seq)) return false;
      statements.push(statement);
      statements.sort((left, right) => left.seq - right.seq);
      return true;
    },
    statements: async (limit, from = 0) => statements.filter(({ seq }) => seq >= from).slice(0, limit),
    async dropStatements(named) {
      const isNamed = ({ kind, seq }: KeptStatement) =>
        named.some((one) => one.kind === kind && one.seq === seq);
      const gone = statements.filter(isNamed);
      for (const one of gone) if (!isSuperseded(one, statements)) throw appendOnly();
      for (const one of gone) statements.splice(statements.indexOf(one), 1);
      return gone.length;
    },
    checkpointUpTo: async (seq) =>
      statements.findLast((one) => one.kind === 'checkpoint' && one.seq <= seq) ?? null,
    lastRemoval: async () => statements.findLast(({ kind }) => kind === 'removal') ?? null,
    lastStatement: async () => statements.at(-1) ?? null,
    async keepPolicy(orgId, retentionDays) {
      if (retentionDays === null) policies.delete(orgId);
      else policies.set(orgId, retentionDays);
    },
    async lastExpired(nowMs, daysByTier, rowsMax, daysMin = 0) {
      const candidates = rows.slice(0, -1).slice(0, rowsMax);
      const first = candidates.findIndex(({ body }) => {
        const event = parseBody(body);
        return Date.parse(event.at) + Math.max(daysMin, keptDays(event, daysByTier)) * dayMs > nowMs;
      });
      const last = candidates[(first === -1 ? candidates.length : first) - 1];
      return last ? { seq: last.seq, hash: last.hash } : null;
    },
    async noteExported(seq) {
      exported = Math.max(exported, Math.min(seq, newest().seq));
    },
    exportedThrough: async () => exported,
    async remove(statement) {
      if (!(await store.addStatement(statement))) return 0;
      const gone = rows.filter(({ seq }) => seq <= statement.seq);
      removed = gone.at(-1) ?? removed;
      rows = rows.slice(gone.length);
      return gone.length;
    },
  };
  return store;
}

const isSuperseded = (statement: KeptStatement, all: readonly KeptStatement[]): boolean =>
  all.some(
    ({ kind, seq }) =>
      (kind === statement.kind && seq > statement.seq) ||
      (kind === 'removal' && statement.kind === 'checkpoint' && seq >= statement.seq),
  );

const appendOnly = (): Error => new Error('statements about the audit log are append-only');

const isSettleable = ({ ready, untilMs, writer }: AuditIntent, query: SettleQuery): boolean =>
  ready ||
  untilMs <= query.nowMs ||
  (writer !== query.writer && instanceOf(writer) === instanceOf(query.writer));

/** `eu-1-a/f3…` → `eu-1-a` */
export const instanceOf = (writer: string): string => writer.slice(0, writer.indexOf('/'));

function matches(event: AuditEvent, query: AuditQuery): boolean {
  const { scope, sinceMs = 0, untilMs = Infinity, action, actor, resource, outcome } = query;
  const atMs = Date.parse(event.at);
  return (
    (scope.kind !== 'own' || event.who.id === scope.userId) &&
    (scope.kind !== 'organisation' || event.org === scope.orgId) &&
    atMs >= sinceMs &&
    atMs < untilMs &&
    (action === undefined || event.what === action) &&
    (actor === undefined || event.who.id === actor) &&
    (resource === undefined || event.which.id === resource) &&
    (outcome === undefined || event.result.outcome === outcome)
  );
}
