/**
 * What is to be done about one host's pool: pure. The table says who may claim what; the host says what is there.
 * The host is asked first: a member that is recorded after that is not taken for one that is gone.
 */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { HostLoad } from '../host/sandbox-host.ts';
import type { Member } from './pool-store.ts';

export interface PoolFacts {
  /** On the host, and nobody's. */
  present: ReadonlySet<SandboxId>;
  members: readonly Member[];
  /** Of the host's image now; null where it has none. */
  generation: string | null;
  load: HostLoad;
  target: number;
  nowMs: number;
}

export interface PoolChange {
  /** No longer to be claimed, and to be ended where they are there. */
  retire: Member[];
  /** On the host, and in no table: left of a crash. */
  unknown: SandboxId[];
  add: number;
}

export function keep({ present, members, generation, load, target, nowMs }: PoolFacts): PoolChange {
  const isOver = (member: Member): boolean => {
    if (member.state !== 'ready') return nowMs - member.changedAtMs > limits.pool.staleMs;
    return member.generation !== generation || !present.has(member.sandboxId);
  };
  const known = new Set(members.map(({ sandboxId }) => sandboxId));
  // One that is claimed is about to be counted as live; until then its place is its own.
  const waiting = members.filter((member) => !isOver(member) && member.state !== 'claimed');
  const wanted = generation === null ? 0 : target;
  const ready = waiting.filter(({ state }) => state === 'ready');
  const surplus = ready.slice(0, Math.max(0, waiting.length - wanted));
  return {
    retire: [...members.filter(isOver), ...surplus],
    unknown: [...present].filter((sandboxId) => !known.has(sandboxId)),
    add: toAdd(wanted - waiting.length, load),
  };
}

/** Never the last free place, and none while something starts: whoever waits for that needs the processors. */
function toAdd(missing: number, { live, starting, members, capacity }: HostLoad): number {
  if (starting > 0) return 0;
  const free = capacity - live - starting - members - 1;
  return Math.max(0, Math.min(missing, free, limits.pool.batchMax));
}
