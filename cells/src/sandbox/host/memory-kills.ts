/**
 * The host's own out-of-memory kills, as explanations. When memory fills faster than the supervisor looks,
 * the hard limit acts first: the host kills one of the sandbox's processes, which may be a single kernel's.
 * Each counted kill explains one end that nothing else does.
 */
import type { SandboxSpec } from '../driver.ts';
import type { KernelExit } from '../link/supervisor-link.ts';

const sigkill = 9;

export class MemoryKills {
  readonly #memoryBytesMax: number;
  readonly #count: () => number;
  #explained = 0;

  constructor(spec: SandboxSpec, count: () => number) {
    this.#memoryBytesMax = spec.limits.memoryBytesMax;
    this.#count = count;
  }

  /** Whether there has been a kill that explained nothing yet; it is used up by asking. */
  hasAnother(): boolean {
    const kills = this.#count();
    if (kills <= this.#explained) return false;
    this.#explained = kills;
    return true;
  }

  explain(exit: KernelExit): KernelExit {
    if (exit.reason !== 'exited' || exit.signal !== sigkill || !this.hasAnother()) return exit;
    const memoryBytesMax = this.#memoryBytesMax;
    return { reason: 'out_of_memory', memoryBytesMax, residentBytes: memoryBytesMax };
  }
}
