/** The pool store in memory, for tests and cells without a database. */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { Claimer, Member, MemberState, PoolStore } from './pool-store.ts';

export class MemoryPoolStore implements PoolStore {
  readonly #members = new Map<SandboxId, Member>();

  async begin(member: Pick<Member, 'sandboxId' | 'hostId' | 'generation'>, changedAtMs: number) {
    this.#members.set(member.sandboxId, { ...member, state: 'starting', changedAtMs });
  }

  async ready(sandboxId: SandboxId, changedAtMs: number): Promise<boolean> {
    const member = this.#members.get(sandboxId);
    if (member?.state !== 'starting') return false;
    this.#members.set(sandboxId, { ...member, state: 'ready', changedAtMs });
    return true;
  }

  async claim(from: Pick<Member, 'hostId' | 'generation'>, _by: Claimer, changedAtMs: number) {
    const member = this.#oldestFirst().find(
      ({ hostId, generation, state }) =>
        hostId === from.hostId && generation === from.generation && state === 'ready',
    );
    if (!member) return null;
    this.#members.set(member.sandboxId, { ...member, state: 'claimed', changedAtMs });
    return member.sandboxId;
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
