/**
 * A provider in small, as a machine that time is told to: nodes take some minutes to come, a share of them fails, and what
 * is given back takes a while to go. The simulator asks it directly, the simulated provider over HTTP.
 *
 *     provisioning ─▶ up ─▶ removing ─▶ (gone)
 *          └───────▶ failed ──┘
 */
import type { Random } from '@cellbook/shared/random.ts';
import type { ProvidedNode, ProvidedPhase } from './provider.ts';

export interface SimulatedNodesOptions {
  random: Random;
  /** Of the kind of that name. */
  provisionMs(kind: string): number;
  removeMs: number;
  /** 0–1: of those asked for, how many never come. */
  failShare: number;
}

interface Node<Request> {
  request: Request;
  phase: ProvidedPhase;
  /** When it is in its next phase; `Infinity`: when it is given back. */
  nextMs: number;
  fails: boolean;
}

export interface Change<Request> {
  what: 'up' | 'gone';
  request: Request;
}

export class SimulatedNodes<Request extends { requestKey: string; kind: { name: string } }> {
  readonly #options: SimulatedNodesOptions;
  readonly #nodes = new Map<string, Node<Request>>();

  constructor(options: SimulatedNodesOptions) {
    this.#options = options;
  }

  create(request: Request, nowMs: number): void {
    if (this.#nodes.has(request.requestKey)) return;
    const { random, provisionMs, failShare } = this.#options;
    const takesMs = Math.round(provisionMs(request.kind.name) * (0.8 + 0.4 * random.float()));
    const fails = random.float() < failShare;
    this.#nodes.set(request.requestKey, {
      ...{ request, fails, phase: 'provisioning', nextMs: nowMs + takesMs },
    });
  }

  remove(requestKey: string, nowMs: number): void {
    const node = this.#nodes.get(requestKey);
    if (!node || node.phase === 'removing') return;
    node.phase = 'removing';
    node.nextMs = nowMs + this.#options.removeMs;
  }

  list(): ProvidedNode[] {
    return [...this.#nodes].map(([requestKey, { phase }]) => ({
      ...{ requestKey, phase },
      because: phase === 'failed' ? 'no capacity of this kind (simulated)' : null,
    }));
  }

  /** What has come about by now. */
  pass(nowMs: number): Change<Request>[] {
    const changes: Change<Request>[] = [];
    for (const [requestKey, node] of this.#nodes) {
      if (node.nextMs > nowMs) continue;
      if (node.phase === 'removing') {
        this.#nodes.delete(requestKey);
        changes.push({ what: 'gone', request: node.request });
      } else if (node.phase === 'provisioning') {
        node.phase = node.fails ? 'failed' : 'up';
        node.nextMs = Number.POSITIVE_INFINITY;
        if (node.phase === 'up') changes.push({ what: 'up', request: node.request });
      }
    }
    return changes;
  }
}
