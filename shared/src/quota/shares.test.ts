import { expect, test } from 'vitest';
import { cellIdSchema, newOrgId } from '../ids.ts';
import type { Recall, ShareAsk, ShareGrant } from '../protocol/quota-shares-api.ts';
import { seededRandom, systemRandom } from '../random.ts';
import { applyGrant, type Begun, beginAsk, beginRecalled, type Held, nothingHeld } from './holder.ts';
import {
  type Amounts,
  decideShare,
  eachOf,
  fairShare,
  isTooMuch,
  quotaNames,
  type Shares,
  shortOf,
  sumOf,
} from './shares.ts';

const org = newOrgId(systemRandom);
const all = (amount: number): Amounts => eachOf(() => amount);
const only = (workspaces: number): ShareAsk['need'] => ({ workspaces });

interface Sent {
  cell: string;
  ask: Omit<ShareAsk, 'org'>;
}

/** A directory and its cells, between which everything is lost, doubled and late; cells and directory forget nothing. */
class Platform {
  readonly quota: Amounts;
  readonly #next: (below: number) => number;
  readonly cells = new Map<string, { held: Held; used: Amounts }>();
  readonly asks: Sent[] = [];
  readonly grants: { cell: string; sent: Sent['ask']; grant: ShareGrant }[] = [];
  shares: Shares = {};

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#next = (below) => {
      const [one = 0, two = 0] = random.bytes(2);
      return (one * 256 + two) % below;
    };
    this.quota = all(1 + this.#next(40));
    for (let cell = 0; cell < 4; cell++) this.cells.set(`eu-${cell}`, { held: nothingHeld, used: all(0) });
  }

  step(): void {
    const name = `eu-${this.#next(4)}`;
    const cell = this.cells.get(name);
    if (!cell) return;
    const { held, used } = cell;
    const deeds = [
      // Growth, as far as the cell goes by it: what it starts it asks nobody for.
      () =>
        this.#use(cell, (each) =>
          Math.min(used[each] + this.#next(4), Math.max(used[each], held.allowed[each])),
        ),
      () =>
        this.#use(cell, (each) =>
          Math.min(used[each] + this.#next(4), Math.max(used[each], held.allowed[each])),
        ),
      () => this.#use(cell, (each) => Math.max(0, used[each] - this.#next(5))),
      () =>
        this.#begin(name, beginAsk(held, used, { workspaces: this.#next(6), storageBytes: this.#next(6) })),
      () => this.#begin(name, beginAsk(held, used, {}, all(this.#next(20)))),
      () => this.#begin(name, beginRecalled(held, used, { need: only(1 + this.#next(9)) })),
      () => this.#deliverAsk(),
      () => this.#deliverGrant(),
    ];
    deeds[this.#next(deeds.length)]?.();
  }

  #use(cell: { used: Amounts }, of: (name: keyof Amounts) => number): void {
    cell.used = eachOf(of);
  }

  #begin(name: string, { held, ask }: Begun): void {
    const cell = this.cells.get(name);
    if (cell) cell.held = held;
    // Killed before it was sent, once in five.
    if (this.#next(5) > 0) this.asks.push({ cell: name, ask });
  }

  /** Any one that is under way, in any order; once in three it comes again later. */
  #deliverAsk(): void {
    const at = this.#next(Math.max(1, this.asks.length));
    const sent = this.#next(3) === 0 ? this.asks[at] : this.asks.splice(at, 1)[0];
    if (!sent) return;
    const decision = decideShare(this.shares, sent.cell, sent.ask, this.quota, this.#next(1_000_000));
    if (decision.kind === 'granted') this.shares = decision.shares;
    const { share } = decision;
    const grant: ShareGrant = {
      ...{ org, ask: share.ask, stale: decision.kind === 'stale', whole: false, allowed: share.allowed },
      ...{ fair: share.allowed, usedElsewhere: sumOf(this.shares, sent.cell, 'used'), unreached: [] },
    };
    // Lost on its way, once in four.
    if (this.#next(4) > 0) this.grants.push({ cell: sent.cell, sent: sent.ask, grant });
  }

  #deliverGrant(): void {
    const at = this.#next(Math.max(1, this.grants.length));
    const answer = this.#next(3) === 0 ? this.grants[at] : this.grants.splice(at, 1)[0];
    const cell = answer && this.cells.get(answer.cell);
    if (!answer || !cell) return;
    const { ask, used } = answer.sent;
    // Clocks jump: nothing of what must hold depends on them.
    const atMs = this.#next(1_000_000_000);
    cell.held = applyGrant(cell.held, answer.grant, { ask, used, atMs }, 1_000) ?? cell.held;
  }

  /** What is amiss; a plain comparison, since it is made some hundred thousand times. */
  amiss(): string | null {
    const granted = sumOf(this.shares, null, 'allowed');
    for (const name of quotaNames) {
      let used = 0;
      for (const [id, cell] of this.cells) {
        if (cell.held.allowed[name] > (this.shares[id]?.allowed[name] ?? 0))
          return `${id} goes by more than its share`;
        used += cell.used[name];
      }
      if (granted[name] > this.quota[name]) return `shares of ${granted[name]} of ${this.quota[name]}`;
      if (used > this.quota[name]) return `${used} used of ${this.quota[name]}`;
    }
    return null;
  }
}

test('always: shares sum to the quota at most and no cell goes by more than its own, whatever is lost, doubled or late', () => {
  let asked = 0;
  for (let seed = 0; seed < 300; seed++) {
    const platform = new Platform(seed);
    for (let step = 0; step < 400; step++) {
      platform.step();
      const amiss = platform.amiss();
      if (amiss !== null) throw new Error(`seed ${seed}, step ${step}: ${amiss}`);
    }
    asked += Object.values(platform.shares).reduce((sum, { ask }) => sum + ask, 0);
  }
  expect(asked).toBeGreaterThan(1_000);
});

const ask = (number: number, used: number, keep: number, need: ShareAsk['need'] = {}) => ({
  ...{ ask: number, used: all(used), keep: all(keep), need, givesBack: false },
});
const granted = (shares: Shares, cell: string, asked: ReturnType<typeof ask>, quota = 100): Shares => {
  const decision = decideShare(shares, cell, asked, all(quota), 0);
  if (decision.kind !== 'granted') throw new Error(decision.kind);
  return decision.shares;
};

test('the first cell takes half, grows into the rest, and one that comes later finds something though nobody answers', () => {
  let shares = granted({}, 'a', ask(1, 0, 0));
  expect(shares.a?.allowed.workspaces).toBe(50);
  shares = granted(shares, 'a', ask(2, 40, 50));
  expect(shares.a?.allowed.workspaces).toBe(70);
  shares = granted(shares, 'b', ask(1, 0, 0, only(1)));
  expect(shares.b?.allowed.workspaces).toBe(15);
});

test('the last of a quota goes to whoever needs it, and nobody gets more than there is', () => {
  let shares = granted({}, 'a', ask(1, 0, 0, only(1)), 1);
  expect(shares.a?.allowed.workspaces).toBe(1);
  const second = ask(1, 0, 0, only(1));
  shares = granted(shares, 'b', second, 1);
  expect(shares.b?.allowed.workspaces).toBe(0);
  expect(shortOf({ used: all(0), allowed: all(0) }, only(1))).toEqual({ workspaces: 1 });
});

test('asked again it grants no less, and one that comes late changes nothing', () => {
  const shares = granted(granted({}, 'a', ask(1, 0, 0)), 'a', ask(2, 0, 10));
  const again = decideShare(shares, 'a', ask(2, 0, 0), all(20), 9);
  expect(again).toMatchObject({ kind: 'granted', share: { allowed: shares.a?.allowed } });
  expect(decideShare(shares, 'a', ask(1, 0, 0), all(100), 9)).toMatchObject({
    kind: 'stale',
    share: shares.a,
  });
});

test('what is used already is down for its cell, also above the quota, and nobody gets anything beside it', () => {
  const shares = granted({}, 'a', ask(1, 130, 0));
  expect(shares.a?.allowed).toEqual(all(130));
  expect(fairShare(shares, 'b', { used: all(0), need: only(5) }, all(100)).workspaces).toBe(0);
});

test('a quota that was lowered lets each cell keep what it goes by until it gives it back', () => {
  const shares = granted({}, 'a', ask(1, 0, 0));
  const decision = decideShare(shares, 'a', ask(2, 4, 50), all(10), 0);
  expect(decision.share.allowed).toEqual(all(50));
  const fair = fairShare(shares, 'a', { used: all(4), need: {} }, all(10));
  expect(isTooMuch({ allowed: decision.share.allowed, fair })).toBe(true);
  const { held, ask: lower } = beginAsk({ ...nothingHeld, ask: 2, allowed: all(50) }, all(4), {}, fair);
  expect([held.allowed.workspaces, lower.keep.workspaces]).toEqual([7, 7]);
  const given = decideShare(decision.kind === 'granted' ? decision.shares : {}, 'a', lower, all(100), 0);
  expect(given.share.allowed).toEqual(all(7));
});

test('recalled, a cell gives half of what it does not use, or what is needed, and nothing else of its', () => {
  const held = { ...nothingHeld, ask: 1, allowed: all(50) };
  const half = beginRecalled(held, all(10), { need: only(1) } satisfies Pick<Recall, 'need'>);
  expect(half.ask).toMatchObject({ ask: 2, keep: { workspaces: 30, runningSandboxes: 50 } });
  expect(beginRecalled(held, all(10), { need: only(39) }).held.allowed.workspaces).toBe(11);
  expect(beginRecalled(held, all(50), { need: only(9) }).held.allowed.workspaces).toBe(50);
});

test('a cell whose database is an older copy asks anew above what the directory has seen, with no more than that', () => {
  const held = { ...nothingHeld, ask: 3, allowed: all(50) };
  const grant: ShareGrant = {
    ...{ org, ask: 9, stale: true, whole: false, allowed: all(20), fair: all(20) },
    ...{ usedElsewhere: all(0), unreached: [cellIdSchema.parse('eu-2')] },
  };
  const after = applyGrant(held, grant, { ask: 3, used: all(0), atMs: 5 }, 1_000);
  expect(after).toMatchObject({ ask: 9, allowed: all(20), endsAtMs: 0 });
  expect(beginAsk(after ?? held, all(0), {}).ask.ask).toBe(10);
});
