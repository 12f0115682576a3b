/**
 * What was opened with a right ends with it. The edge decides about every request; a socket is one request that
 * lasts, so the cell keeps the right that it was opened with, and ends it when the right has ended:
 *
 *   edge ── told, or asked ──▶ book: what is news ──▶ whatever hangs on it: judged, ended where it must
 *   gate ── principal ─▶ check, checkOpening: nothing is opened with what is known to have ended
 *   clock ─────────────▶ sweep: credentials whose time has come, and rights that nobody has confirmed for a day
 *
 * Ended with 1012: the client comes back through the edge, with what holds now or to a typed refusal. Kernels and
 * terminals go on. While the edge cannot be asked nothing is ended for a day: who is signed in works on.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { CellId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import {
  type Fact,
  standingToldSchema,
  standingToldType,
  type Told,
} from '@cellbook/shared/protocol/standing-api.ts';
import { verifyStatement } from '@cellbook/shared/protocol/statements.ts';
import type { CompactVerifyGetKey } from 'jose';
import type { AuditLog } from '../audit/audit-log.ts';
import { type Opened, OpenGrants } from './open-grants.ts';
import { recordEndings } from './record-endings.ts';
import { outdated, refusedDocument, revoked } from './refusals.ts';
import { StandingBook } from './standing-book.ts';
import { type Ended, endedBy, type Grant, grantOf, isOutdated } from './verdict.ts';

export interface Standing {
  /** Throws `unauthenticated` where the credential is known to have ended. */
  check(principal: Principal): void;
  /** Of what stays open: throws `standing_changed` as well, where the claims are older than what is known. */
  checkOpening(principal: Principal): void;
  /** Ends it when the right ends, at once where it has; returns how it is let go of. */
  hold(principal: Principal, what: Pick<Opened, 'what' | 'workspaceId' | 'end'>): () => void;
  /** Takes what the edge tells by itself; throws `forbidden` where it is not the edge's word to this cell. */
  take(jws: string): Promise<{ more: boolean }>;
  /** Takes what the edge answered to what was `asked` for. Returns whether there is more to ask for. */
  learn(told: Told, asked?: number): { more: boolean };
  /** What to ask for: every fact numbered higher. */
  upTo(): number;
  sweep(): void;
}

/** What a route needs that opens what stays open. */
export type HoldOpen = Pick<Standing, 'checkOpening' | 'hold'>;

export interface StandingDeps {
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Of the edge. */
  keys: CompactVerifyGetKey;
  cellId: CellId;
  audit: Pick<AuditLog, 'record'>;
  /** Told of what is news. */
  heard?(facts: readonly Fact[]): void;
}

export function createStanding(deps: StandingDeps): Standing {
  const { clock, keys, cellId } = deps;
  const book = new StandingBook();
  const open = new OpenGrants();
  let heardMs = clock.monotonicMs();
  const counted = deps.metrics.counter(
    'cellbook_cell_grants_ended_total',
    'Sockets and streams ended because the right to them had.',
    ['reason'],
  );
  const age = deps.metrics.gauge(
    'cellbook_cell_standing_age_seconds',
    'Since the edge last said whose rights have ended.',
  );

  const endedNow = (grant: Grant) => endedBy(book.told, grant, clock.nowMs());

  function end(judged: readonly { opened: Opened; reason: Ended }[]): void {
    for (const { opened, reason } of judged) {
      open.remove(opened);
      counted.inc({ reason });
      try {
        opened.end();
      } catch (error) {
        // The others end all the same.
        deps.log.error({ err: error, what: opened.what }, 'what had lost its right could not be ended');
      }
    }
    recordEndings(deps, judged);
  }

  function judge(opened: Iterable<Opened>, verdict: (one: Opened) => Ended | null): void {
    end(
      [...opened].flatMap((one) => {
        const reason = verdict(one);
        return reason === null ? [] : [{ opened: one, reason }];
      }),
    );
  }

  function learn(told: Told, asked = 0): { more: boolean } {
    if (told.upTo < asked) book.startOver();
    const news = book.learn(told, clock.monotonicMs());
    const isGap = told.after > book.upTo;
    if (!isGap) heardMs = clock.monotonicMs();
    if (news.length > 0) deps.heard?.(news);
    judge(open.of(news.map(({ subject }) => subject)), ({ grant }) => endedNow(grant));
    return { more: told.more || isGap };
  }

  return {
    check(principal) {
      if (endedNow(grantOf(principal)) === 'revoked') throw revoked(principal);
    },
    checkOpening(principal) {
      if (isOutdated(book.told, principal)) throw outdated(principal);
    },
    hold(principal, what) {
      const opened: Opened = { ...what, grant: grantOf(principal), openedMs: clock.monotonicMs() };
      open.add(opened);
      // It may have ended between the gate and here, while a workspace resumed.
      judge([opened], ({ grant }) => endedNow(grant));
      return () => open.remove(opened);
    },
    async take(jws) {
      const expected = { to: cellId, from: 'edge', typ: standingToldType, schema: standingToldSchema };
      const said = verifyStatement(jws, keys, { ...expected, nowMs: clock.nowMs() });
      return learn(
        await said.catch((cause: unknown) => {
          throw refusedDocument(cause);
        }),
      );
    },
    learn,
    upTo: () => book.upTo,
    sweep() {
      const nowMs = clock.monotonicMs();
      age.set((nowMs - heardMs) / 1_000);
      judge(open.all(), ({ grant, openedMs }) => {
        const isUnconfirmed = nowMs - Math.max(heardMs, openedMs) >= limits.standing.unconfirmedMsMax;
        return endedNow(grant) ?? (isUnconfirmed ? 'unconfirmed' : null);
      });
    },
  };
}
