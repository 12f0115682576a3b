/** The pool store in memory, for tests and cells without a database. */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import {
  type Claimed,
  type Claimer,
  type ClaimFrom,
  type Member,
  type MemberState,
  type NewMember,
  openTo,
  type PoolStore,
  tiers,
} from './pool-store.ts';

export class MemoryPoolStore implements PoolStore {
  readonly #members = new Map<SandboxId, Member>();

  async begin(member: NewMember, changedAtMs: number) {
    this.#members.set(member.sandboxId, { ...member, state: 'starting', changedAtMs });
  }

  async ready(sandboxId: SandboxId, changedAtMs: number): Promise<boolean> {
    const member = this.#members.get(sandboxId);
    if (member?.state !== 'starting') return false;
    this.#members.set(sandboxId, { ...member, state: 'ready', changedAtMs });
    return true;
  }

  async claim(from: ClaimFrom, { tier }: Claimer, changedAtMs: number): Promise<Claimed | null> {
    const rank = ({ generation, forTier }: Member) =>
      from.generations.indexOf(generation) * tiers.length + tiers.indexOf(forTier);
    const [member] = this.#oldestFirst()
      .filter(({ hostId, state }) => hostId === from.hostId && state === 'ready')
      .filter(
        ({ generation, forTier }) => from.generations.includes(generation) && openTo(tier).includes(forTier),
      )
      .sort((one, other) => rank(one) - rank(other));
    if (!member) return null;
    this.#members.set(member.sandboxId, { ...member, state: 'claimed', changedAtMs });
    return { sandboxId: member.sandboxId, generation: member.generation };
  }

  async keepFor(sandboxId: SandboxId, forTier: Tier): Promise<void> {
    const member = this.#members.get(sandboxId);
    if (member && member.state !== 'claimed') this.#members.set(sandboxId, { ...member, forTier });
  }

  async retire(sandboxId: SandboxId, seen: MemberState): Promise<boolean> {
    return this.#members.get(sandboxId)?.state === seen && this.#members.delete(sandboxId);
  }

  async remove(sandboxId: SandboxId): Promise<void> {
    this.#members.delete(sandboxId);
  }

  async listOnHost(hostId: Member['hostId']): Promise<Member[]> {
    return this.#oldestFirst().filter((member) => member.hostId === hostId);
  }

  #oldestFirst(): Member[] {
    return [...this.#members.values()].sort((one, other) => one.changedAtMs - other.changedAtMs);
  }
}
