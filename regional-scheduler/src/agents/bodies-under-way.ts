/**
 * Bodies of agents that are in memory at one time, in all and of one host: megabytes each, and an agent that sends too
 * many, or slowly, takes nobody else's place.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId } from '@cellbook/shared/ids.ts';

export class BodiesUnderWay {
  readonly #max: { inAll: number; ofHost: number };
  readonly #ofHost = new Map<HostId, number>();
  #inAll = 0;

  constructor(max: { inAll: number; ofHost: number }) {
    this.#max = max;
  }

  /** One more, until what it returns is called (once counts). */
  enter(hostId: HostId): () => void {
    const ofHost = this.#ofHost.get(hostId) ?? 0;
    if (this.#inAll >= this.#max.inAll || ofHost >= this.#max.ofHost) throw tooMany(hostId);
    this.#inAll++;
    this.#ofHost.set(hostId, ofHost + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#inAll--;
      const left = (this.#ofHost.get(hostId) ?? 1) - 1;
      if (left === 0) this.#ofHost.delete(hostId);
      else this.#ofHost.set(hostId, left);
    };
  }
}

const tooMany = (hostId: HostId): CellbookError =>
  new CellbookError('capacity_exhausted', {
    doing: 'listening to an agent',
    problem: 'too much of what agents bring is under way',
    next: 'Bring it again in a moment.',
    retryAfterMs: 1_000,
    ids: { hostId },
  });
