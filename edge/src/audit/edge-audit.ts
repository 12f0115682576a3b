/**
 * The edge's own audit log. Isolates share no memory, and a request must not wait for another's I/O, so nobody
 * here batches for others:
 *
 *   keep      one row among the intents: durable from here on. A write of the edge's keeps one before it is done
 *             (as `unknown`) and again when it has ended, before its answer is given.
 *   settle    behind the answer: whatever is ready, anybody's, is appended to the chain in one transaction. Who
 *             comes second finds its place taken, reads the head again, and mostly finds nothing left to do.
 *
 * What a dying isolate leaves is appended by the next request that settles: as it was kept, or as `unknown` when
 * its time is over.
 */
import { continueChain } from '@cellbook/shared/audit/chain.ts';
import { bodyOf, bounded, newEvent } from '@cellbook/shared/audit/make-event.ts';
import { type AuditKey, signStatement } from '@cellbook/shared/audit/statements.ts';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type {
  AuditDetails,
  AuditEvent,
  AuditResult,
  AuditWhich,
  NewAuditEvent,
} from '@cellbook/shared/protocol/audit.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { EdgeAuditStore } from './d1-audit-store.ts';

export const edgeChain = 'edge';

export interface EdgeAudit {
  /** Durable when it resolves. */
  record(event: NewAuditEvent): Promise<void>;
  /** Durable that it was begun when it resolves; `end` then says how it ended. */
  begin(event: Omit<NewAuditEvent, 'result'>): Promise<{ end(ending: EdgeEnding): Promise<void> }>;
  /** Appends what is ready. Gives up quietly when others are at it: what is left is theirs, or the next one's. */
  settle(): Promise<void>;
  store: EdgeAuditStore;
  anchors(): Promise<string[]>;
}

export interface EdgeEnding extends Partial<Pick<NewAuditEvent, 'what' | 'who' | 'org'>> {
  result: AuditResult;
  which?: Partial<AuditWhich>;
  details?: AuditDetails;
}

export interface EdgeAuditDeps {
  store: EdgeAuditStore;
  /** Where checkpoints are kept a second time. */
  anchors: KVNamespace;
  key: AuditKey | null;
  clock: Clock;
  random: Random;
}

const interrupted: AuditResult = { outcome: 'unknown', code: 'interrupted', status: null };

export function createEdgeAudit(deps: EdgeAuditDeps): EdgeAudit {
  const { store, clock } = deps;
  const keep = (event: AuditEvent, ready: boolean) =>
    store.keep({
      ...{ id: event.id, body: bodyOf(event), ready },
      untilMs: clock.nowMs() + limits.audit.edgeIntentMsMax,
    });
  return {
    store,
    record: (given) => keep(newEvent(given, deps), true),
    async begin(given) {
      const event = newEvent({ ...given, result: interrupted }, deps);
      await keep(event, false);
      return {
        end: ({ which, details, ...ending }) =>
          keep(
            bounded({
              ...event,
              ...ending,
              which: { ...event.which, ...which },
              details: { ...event.details, ...details },
            }),
            true,
          ),
      };
    },
    settle: () => settle(deps),
    anchors: () => anchorsOf(deps.anchors),
  };
}

async function settle(deps: EdgeAuditDeps): Promise<void> {
  const { store, clock, random } = deps;
  const { attemptsMax, ...delays } = limits.audit.edgeSettleRetry;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const left = await store.settleable(clock.nowMs(), limits.audit.edgeBatchMax);
    if (left.length === 0) break;
    const rows = await continueChain(
      edgeChain,
      await store.head(),
      left.map(({ body }) => body),
    );
    const ids = left.map(({ id }) => id);
    if ((await store.append(rows, ids)) === 'committed') attempt = 0;
    else await sleep(clock, retryDelayMs(attempt, { attemptsMax, ...delays }, random));
  }
  await checkpoint(deps);
}

const anchorPrefix = 'audit/';

/** Signs the head where the last signature is old or far behind. */
async function checkpoint({ store, anchors, key, clock }: EdgeAuditDeps): Promise<void> {
  if (key === null) return;
  const [{ seq, hash }, last] = await Promise.all([store.head(), store.lastStatement()]);
  const atMs = clock.nowMs();
  const { checkpointMs, checkpointEvents } = limits.audit;
  const isDue = last === null || atMs - last.atMs >= checkpointMs || seq - last.seq >= checkpointEvents;
  if (seq === 0 || seq === last?.seq || !isDue) return;
  const at = new Date(atMs).toISOString();
  const jws = await signStatement({ kind: 'checkpoint', chain: edgeChain, seq, hash, at }, key);
  if (!(await store.addStatement({ kind: 'checkpoint', seq, atMs, jws }))) return;
  await anchors.put(`${anchorPrefix}${String(seq).padStart(15, '0')}`, jws);
}

async function anchorsOf(anchors: KVNamespace): Promise<string[]> {
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
