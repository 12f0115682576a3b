/** For tests: the directory's half of shared/src/quota/shares.ts in memory, and what can go wrong on the way to it. */
import { cellIdSchema, type OrgId } from '@cellbook/shared/ids.ts';
import type { ShareAsk, ShareGrant } from '@cellbook/shared/protocol/quota-shares-api.ts';
import {
  type Amounts,
  decideShare,
  eachOf,
  fairShare,
  type Shares,
  shortOf,
  sumOf,
} from '@cellbook/shared/quota/shares.ts';
import type { OrgShares } from '../org-shares.ts';

export class TestDirectory {
  quota: Amounts = eachOf(() => Number.MAX_SAFE_INTEGER);
  /** Asks are not answered. */
  isAway = false;
  /** Asks are acted upon, and the answers lost. */
  losesAnswers = false;
  asked = 0;
  readonly #shares = new Map<OrgId, Shares>();
  readonly #cells = new Map<string, OrgShares>();

  sharesOf(org: OrgId): Shares {
    return this.#shares.get(org) ?? {};
  }

  join(cell: string, shares: OrgShares): void {
    this.#cells.set(cell, shares);
  }

  /** What a cell asks goes here. */
  of(cell: string): (ask: ShareAsk) => Promise<ShareGrant> {
    return async (ask) => {
      this.asked += 1;
      if (this.isAway) throw new Error('the directory is away');
      let granted = this.#grant(cell, ask);
      const short = shortOf(granted.share, ask.need);
      if (Object.keys(short).length > 0) {
        await this.#recall(cell, ask.org, short);
        granted = this.#grant(cell, ask);
      }
      if (this.losesAnswers) throw new Error('the answer was lost');
      const { share, stale } = granted;
      return {
        ...{ org: ask.org, ask: share.ask, stale, whole: false, allowed: share.allowed, unreached: [] },
        fair: fairShare(this.sharesOf(ask.org), cell, ask, this.quota),
        usedElsewhere: sumOf(this.sharesOf(ask.org), cell, 'used'),
      };
    };
  }

  #grant(cell: string, ask: ShareAsk) {
    const decision = decideShare(this.sharesOf(ask.org), cellIdSchema.parse(cell), ask, this.quota, 0);
    if (decision.kind === 'granted') this.#shares.set(ask.org, decision.shares);
    return { share: decision.share, stale: decision.kind === 'stale' };
  }

  async #recall(asker: string, org: OrgId, need: ShareAsk['need']): Promise<void> {
    for (const [id, shares] of this.#cells)
      if (id !== asker) this.#grant(id, await shares.recalled({ org, need }));
  }
}
