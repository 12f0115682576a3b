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
import { sleep } from '@cellbook/shared/clock.ts';
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
import { anchorsOf, checkpoint, edgeChain, type SigningDeps } from './edge-statements.ts';
import { shortenEdgeAudit, thinEdgeStatements } from './shorten.ts';

export interface EdgeAudit {
  /** Durable when it resolves. */
  record(event: NewAuditEvent): Promise<void>;
  /** Durable that it was begun when it resolves; `end` then says how it ended. */
  begin(event: Omit<NewAuditEvent, 'result'>): Promise<{ end(ending: EdgeEnding): Promise<void> }>;
  /** Appends what is ready. Gives up quietly when others are at it: what is left is theirs, or the next one's. */
  settle(): Promise<void>;
  store: EdgeAuditStore;
  anchors(): Promise<string[]>;
  /** Removes what has had its time; how many events went. */
  shorten(): Promise<number>;
  /** Takes statements away that say nothing any more; how many. */
  thin(partMax?: number): Promise<number>;
}

export interface EdgeEnding extends Partial<Pick<NewAuditEvent, 'what' | 'who' | 'org'>> {
  result: AuditResult;
  which?: Partial<AuditWhich>;
  details?: AuditDetails;
}

export interface EdgeAuditDeps extends SigningDeps {
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
    shorten: () => shortenEdgeAudit(deps),
    thin: (partMax) => thinEdgeStatements(deps, partMax),
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
