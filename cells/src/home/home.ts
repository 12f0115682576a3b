/**
 * The cell's own knowledge of whom it owns: the pins it was given last (kept in Postgres, read again at a start)
 * and the users who live here. `check` is asked for every request before its body is read; `take` is how a new
 * document comes in. A document that would send somebody away who lives here is refused: moving people is not
 * done by a table alone.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import {
  allCells,
  type Cell as NamedCell,
  type PinKey,
  type PinnedUser,
  type Pins,
  verifyPins,
} from '@cellbook/shared/pins/pins.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { addressee, type Cell, judge, leaving } from './home-rule.ts';
import type { HomeStore, KeptPins } from './home-store.ts';

export interface Home {
  /** Null before anything was delivered. */
  epoch(): number | null;
  /** As the pins name it, in either layout. */
  cellNamed(id: CellId): NamedCell | null;
  /** Throws `misdirected` where the user lives elsewhere; else notes that he lives here. */
  check(principal: Principal): Promise<void>;
  /** Takes a signed document: throws `forbidden`, `stale_epoch` or `conflict`, and keeps what there was. */
  take(jws: string): Promise<number>;
  /** Who would have to leave by this document; its epoch does not matter. */
  preview(jws: string): Promise<PinnedUser[]>;
}

export interface HomeDeps {
  cell: Cell;
  store: HomeStore;
  publicKey: PinKey;
  clock: Clock;
  log: Logger;
}

export async function openHome(deps: HomeDeps): Promise<Home> {
  const { cell, store, publicKey, clock, log } = deps;
  let pins = await lastGood(deps);
  /** In order of insertion: the first was seen first. */
  const settled = new Set<UserId>();

  return {
    epoch: () => pins?.epoch ?? null,
    cellNamed: (id) => (pins ? (allCells(pins).find((known) => known.id === id) ?? null) : null),
    async check(principal) {
      assertHome(cell, pins, principal);
      const user = addressee(cell, principal);
      if (user === null || user.userId !== principal.sub || settled.has(user.userId)) return;
      await store.settle(user, clock.nowMs()).catch((cause: unknown) => {
        throw notSettled(user.userId, cause);
      });
      // Settling waits while a document is being taken, which may have decided about this user.
      assertHome(cell, pins, principal);
      settled.add(user.userId);
      const [oldest] = settled;
      if (settled.size > limits.pins.residentsKnownMax && oldest) settled.delete(oldest);
    },
    async take(jws) {
      const next = await verified(jws, publicKey);
      const before = pins;
      // In force before it is committed: nobody may be settled by the old pins once this has judged.
      try {
        await store.replace({ epoch: next.epoch, jws }, (kept, residents) => {
          assertNewer(next, jws, kept);
          assertNobodyLeaves(leaving(cell, next, residents), next);
          pins = next;
        });
      } catch (thrown) {
        if (pins === next) pins = before;
        throw thrown;
      }
      log.info({ epoch: next.epoch }, 'pins were delivered');
      return next.epoch;
    },
    preview: async (jws) => leaving(cell, await verified(jws, publicKey), await store.residents()),
  };
}

async function lastGood({ store, publicKey, log }: HomeDeps): Promise<Pins | null> {
  const kept = await store.current();
  if (kept === null) return null;
  return verifyPins(kept.jws, publicKey).catch((error) => {
    log.error(
      { err: error },
      'the pins kept here are not signed by the key there is now: they count as none',
    );
    return null;
  });
}

function assertHome(cell: Cell, pins: Pins | null, principal: Principal): void {
  const judgement = judge(cell, pins, principal);
  if (judgement.serve) return;
  throw new CellbookError('misdirected', {
    doing: 'checking whose cell this is',
    problem: 'the user lives in another cell',
    next: 'Read the pins again and send it to the cell they name.',
    ids: { cell: cell.cellId, pinEpoch: judgement.epoch, ...(judgement.owner && { owner: judgement.owner }) },
  });
}

/** Who is not written down might be sent away by the next table, from what he makes here now. */
const notSettled = (userId: UserId, cause: unknown): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: `noting that user ${userId} lives here`,
    problem: 'the cell’s database does not answer',
    next: 'Nothing was done; try again in a few seconds.',
    ids: { userId },
    retryAfterMs: limits.pins.settleRetryAfterMs,
    cause,
  });

const doing = 'taking pins';

async function verified(jws: string, publicKey: PinKey): Promise<Pins> {
  try {
    return await verifyPins(jws, publicKey);
  } catch (cause) {
    throw new CellbookError('forbidden', {
      doing,
      problem: 'this is no pin document signed by the key that this cell trusts',
      next: 'Sign it with the platform’s pin key: `npm run pins -- verify` says what is wrong with it.',
      cause,
    });
  }
}

function assertNewer(next: Pins, jws: string, kept: KeptPins | null): void {
  if (kept === null || next.epoch > kept.epoch || kept.jws === jws) return;
  throw new CellbookError(next.epoch === kept.epoch ? 'conflict' : 'stale_epoch', {
    doing,
    problem: `their epoch ${next.epoch} is not above ${kept.epoch}, which this cell has`,
    next: 'Publish them with a higher epoch.',
    ids: { epoch: next.epoch, pinEpoch: kept.epoch },
  });
}

function assertNobodyLeaves(users: readonly PinnedUser[], next: Pins): void {
  const [first] = users;
  if (!first) return;
  throw new CellbookError('not_empty', {
    doing,
    problem: `${users.length} of the users who live here would be sent to another cell, where nothing of theirs is`,
    next: 'Pin them to this cell by overrides: POST /pins/preview names them.',
    ids: { epoch: next.epoch, users: users.length, user: first.userId },
  });
}
