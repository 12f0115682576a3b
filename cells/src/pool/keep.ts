/**
 * What is to be done about one host's pool: pure. The table says who may claim what; the host says what is there.
 * The host is asked first: a member that is recorded after that is not taken for one that is gone.
 */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { HostLoad } from '../host/sandbox-host.ts';
import { type Member, tiers } from './pool-store.ts';

/** How many members of each generation a host is to have. */
export type Wanted = ReadonlyMap<string, number>;

export interface PoolFacts {
  /** On the host, and nobody's. */
  present: ReadonlySet<SandboxId>;
  members: readonly Member[];
  wanted: Wanted;
  load: HostLoad;
  nowMs: number;
}

export interface ToAdd {
  generation: string;
  forTier: Tier;
}

export interface PoolChange {
  /** No longer to be claimed, and to be ended where they are there. */
  retire: Member[];
  /** On the host, and in no table: left of a crash. */
  unknown: SandboxId[];
  /** Kept for another tier than they were. */
  change: { sandboxId: SandboxId; forTier: Tier }[];
  add: ToAdd[];
}

export function keep({ present, members, wanted, load, nowMs }: PoolFacts): PoolChange {
  const isOver = (member: Member): boolean => {
    if (member.state !== 'ready') return nowMs - member.changedAtMs > limits.pool.staleMs;
    return !wanted.has(member.generation) || !present.has(member.sandboxId);
  };
  const known = new Set(members.map(({ sandboxId }) => sandboxId));
  // One that is claimed is about to be counted as live; until then its place is its own.
  const waiting = members.filter((member) => !isOver(member) && member.state !== 'claimed');
  const each = [...wanted].map(([generation, count]) => {
    const ofIt = waiting.filter((member) => member.generation === generation);
    return fit(generation, ofIt, seatsOf(count));
  });
  const missing = each.flatMap(({ add }) => add);
  return {
    retire: [...members.filter(isOver), ...each.flatMap(({ surplus }) => surplus)],
    unknown: [...present].filter((sandboxId) => !known.has(sandboxId)),
    change: each.flatMap(({ change }) => change),
    add: addable(missing, load),
  };
}

/** Of so many members a share is kept for each tier above the lowest; where there are few, all are anybody's. */
export function seatsOf(count: number): Record<Tier, number> {
  const { paid, enterprise } = limits.pool.floorShares;
  const [forPaid, forEnterprise] = [Math.floor(count * paid), Math.floor(count * enterprise)];
  return { free: count - forPaid - forEnterprise, paid: forPaid, enterprise: forEnterprise };
}

/** Members that one tier has too many of are another's before any is ended or added. */
function fit(generation: string, members: readonly Member[], seats: Record<Tier, number>) {
  const spare: Member[] = [];
  const short: Tier[] = [];
  for (const tier of tiers.toReversed()) {
    const own = members.filter(({ forTier }) => forTier === tier);
    spare.push(...own.slice(0, Math.max(0, own.length - seats[tier])));
    for (let count = own.length; count < seats[tier]; count++) short.push(tier);
  }
  const change = short.slice(0, spare.length).map((forTier, index) => {
    return { sandboxId: spare[index]?.sandboxId, forTier };
  });
  return {
    change: change.filter(
      (one): one is { sandboxId: SandboxId; forTier: Tier } => one.sandboxId !== undefined,
    ),
    surplus: spare.slice(short.length).filter(({ state }) => state === 'ready'),
    add: short.slice(spare.length).map((forTier): ToAdd => ({ generation, forTier })),
  };
}

/**
 * Never into the last free place. While something starts, few in a look and only what is kept for higher tiers: whoever
 * waits for that start needs the processors, and in a bad hour something always starts (overload.test.ts).
 */
function addable(missing: readonly ToAdd[], { live, starting, members, capacity }: HostLoad): ToAdd[] {
  const free = Math.max(0, capacity - live - starting - members - 1);
  if (starting === 0) return missing.slice(0, Math.min(free, limits.pool.batchMax));
  return missing
    .filter(({ forTier }) => forTier !== 'free')
    .slice(0, Math.min(free, limits.pool.reservedBatchMax));
}
