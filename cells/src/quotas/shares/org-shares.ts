/**
 * This cell's shares of organisations' quotas: asks the edge for them, before they run short and when somebody
 * would be refused, gives back what others need, and tells what is used. What a share says is enforced where rows
 * change (count-workspaces.ts); nothing here is on the way of a request that has room.
 *
 *     heard of ──▶ has none: asks ──▶ told every minute in which something changed, asks for more at three quarters
 *                                     renewed every six hours; ends a day after the last answer
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Amounts, Recall, ShareAsk, ShareGrant } from '@cellbook/shared/protocol/quota-shares-api.ts';
import { applyGrant, type Begun, beginAsk, beginRecalled, type Held } from '@cellbook/shared/quota/holder.ts';
import { isTooMuch, quotaNames } from '@cellbook/shared/quota/shares.ts';
import { Latest } from '../../latest.ts';
import type { ShareBook } from './share-book.ts';

export interface OrgSharesDeps {
  book: ShareBook;
  /** Asks the directory; throws `quota_unavailable`. */
  ask(ask: ShareAsk): Promise<ShareGrant>;
  clock: Clock;
  log: Logger;
}

export class OrgShares {
  readonly #deps: OrgSharesDeps;
  readonly #asking = new Latest<OrgId, ShareGrant>();
  /** What those want who wait for the next ask. */
  readonly #needs = new Map<OrgId, ShareAsk['need']>();
  /** Whose people have been here since it was last told what they use. */
  readonly #active = new Set<OrgId>();
  readonly #known = new Set<OrgId>();

  constructor(deps: OrgSharesDeps) {
    this.#deps = deps;
  }

  /** Somebody who lives here acts in it: it will be used. */
  hear(org: OrgId): void {
    if (this.#active.size < limits.quota.organisationsKeptMax) this.#active.add(org);
    if (this.#known.has(org)) return;
    if (this.#known.size >= limits.quota.organisationsKeptMax) this.#known.clear();
    this.#known.add(org);
    this.#meet(org).catch((error: unknown) => {
      this.#known.delete(org);
      this.#deps.log.warn(
        { err: error, org },
        'no share of a quota was granted yet; who needs one asks again',
      );
    });
  }

  async #meet(org: OrgId): Promise<void> {
    const held = await this.#deps.book.read(org);
    if (held && (held.whole || this.#deps.clock.nowMs() < held.endsAtMs)) return;
    await this.more(org, {});
  }

  /** As fresh as the other cells have told, where the directory says it at once; else as it was last heard. */
  async usedElsewhere(org: OrgId): Promise<Amounts | null> {
    const { book, clock } = this.#deps;
    const details = { code: 'quota_unavailable' as const, doing: 'asking what is used elsewhere' };
    const held = await book.read(org);
    if (held?.whole) return null;
    const asked = withDeadline(clock, limits.quota.shareUsageMsMax, details, () => this.more(org, {}));
    return asked.then(
      ({ whole, usedElsewhere }) => (whole ? null : usedElsewhere),
      () => held?.usedElsewhere ?? null,
    );
  }

  /** Asks for room for so much more, once for all who want some of it at a time. Throws `quota_unavailable`. */
  more(org: OrgId, need: ShareAsk['need']): Promise<ShareGrant> {
    const waiting = this.#needs.get(org) ?? {};
    for (const name of quotaNames) {
      const more = need[name];
      if (more !== undefined) waiting[name] = (waiting[name] ?? 0) + more;
    }
    this.#needs.set(org, waiting);
    return this.#asking.run(org, async () => {
      const wanted = this.#needs.get(org) ?? {};
      this.#needs.delete(org);
      const grant = await this.#ask(org, (held, used) => beginAsk(held, used, wanted));
      if (!grant.whole && isTooMuch(grant))
        await this.#ask(org, (held, used) => beginAsk(held, used, {}, grant.fair));
      return grant;
    });
  }

  /** Another cell is short: from now on this one goes by less, and says so in an ask that is signed and sent back. */
  recalled({ org, need }: Recall): Promise<ShareAsk> {
    return this.#begin(org, (held, used) => beginRecalled(held, used, { need }));
  }

  async #ask(org: OrgId, begin: (held: Held, used: Amounts) => Begun): Promise<ShareGrant> {
    const { book, clock, ask } = this.#deps;
    for (let again = false; ; again = true) {
      const asked = await this.#begin(org, begin);
      const atMs = clock.nowMs();
      const grant = await ask(asked);
      await book.change(org, (held) => {
        const sent = { ask: asked.ask, used: asked.used, atMs };
        return { held: applyGrant(held, grant, sent, limits.quota.shareMs), told: null };
      });
      if (!grant.stale || again) return grant;
    }
  }

  /** Written down before it is sent: whatever becomes of it, the next one has a higher number. */
  #begin(org: OrgId, begin: (held: Held, used: Amounts) => Begun): Promise<ShareAsk> {
    return this.#deps.book.change(org, (before, used) => {
      const { held, ask } = begin(before, used);
      return { held, told: { org, ...ask } };
    });
  }

  /** Tells and asks what has come due; the next pass does what fails. */
  async pass(): Promise<void> {
    const { book, clock, log } = this.#deps;
    const renewable = await book.answeredBefore(clock.nowMs() - limits.quota.shareRenewMs, renewedAtOnce);
    const active = [...this.#active];
    for (const org of new Set([...active, ...renewable])) {
      try {
        await this.#tell(org);
      } catch (error) {
        log.warn({ err: error, org }, 'what an organisation uses could not be told; the next pass does it');
        // With the directory away each of the others would wait as long.
        if (error instanceof CellbookError && error.code === 'quota_unavailable') return;
      }
    }
  }

  async #tell(org: OrgId): Promise<void> {
    const { book, clock } = this.#deps;
    const held = await book.read(org);
    if (held?.whole) return void this.#active.delete(org);
    const used = await book.used(org);
    const { isDue, isTold } = dueOf(held, used, clock.nowMs());
    if (isDue) await this.more(org, {});
    if (isTold) this.#active.delete(org);
  }
}

/** Organisations renewed in one pass: 20 every 5 s are 86,400 in six hours. */
const renewedAtOnce = 20;

export function dueOf(held: Held | null, used: Amounts, nowMs: number): { isDue: boolean; isTold: boolean } {
  if (held === null) return { isDue: true, isTold: false };
  const sinceMs = Math.abs(nowMs - held.answeredAtMs);
  const isTold = quotaNames.every((name) => used[name] === held.told[name]);
  const runsShort = quotaNames.some(
    (name) => used[name] > held.told[name] && used[name] > (held.allowed[name] * 3) / 4,
  );
  const isDue =
    sinceMs >= limits.quota.shareRenewMs || runsShort || (!isTold && sinceMs >= limits.quota.shareTellMs);
  return { isDue, isTold };
}
