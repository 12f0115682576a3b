/**
 * Which versions of which binaries hosts have, as their agents tell it in this term. The first version of a binary is
 * used at once; a new one is rolled out (contain/rollout.ts) as soon as every host that has the binary has it too, so
 * that no job is sent where its version is missing.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import { announced, type Rollouts, type VersionDecision } from '../contain/rollout.ts';

export class BinariesAtHand {
  readonly #byHost = new Map<HostId, readonly string[]>();

  /** A new leader looks once round before it rolls out anything: it does not know yet what the others lack. */
  heard(
    { hostId, binaries }: { hostId: HostId; binaries: readonly string[] },
    rollouts: Rollouts,
    hostsUp: number,
  ): VersionDecision[] {
    this.#byHost.set(hostId, binaries);
    const decisions: VersionDecision[] = [];
    const staged = new Set<string>();
    for (const named of [...binaries].sort()) {
      const at = named.lastIndexOf('@');
      const [binary, version] = [named.slice(0, at), named.slice(at + 1)];
      if (at < 1 || version === '' || staged.has(binary)) continue;
      const decision = announced(rollouts, binary, version);
      if (!decision) continue;
      const isFirst = decision.permille === 1000;
      if (!isFirst && (this.#byHost.size < hostsUp || !this.#haveAll(binary, named))) continue;
      staged.add(binary);
      decisions.push(decision);
    }
    return decisions;
  }

  #haveAll(binary: string, named: string): boolean {
    for (const binaries of this.#byHost.values())
      if (!binaries.includes(named) && binaries.some((other) => other.startsWith(`${binary}@`))) return false;
    return true;
  }
}
