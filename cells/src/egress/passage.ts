/**
 * One connection on its way through, from the attempt to its record. Begun it holds a place and the promise of a
 * record; ended, once and however, it gives back the one and keeps the other.
 */

import { limits } from '@cellbook/shared/limits.ts';
import type { EgressResult } from '@cellbook/shared/protocol/egress-api.ts';
import type { Allowance } from './allowance.ts';
import type { EgressUse } from './egress-log.ts';
import type { ProxyDeps } from './proxy-deps.ts';
import { notAllowed, Refusal } from './refusal.ts';
import { type EgressRule, findRule, type Target } from './rules.ts';

export class Passage {
  readonly #deps: ProxyDeps;
  readonly #target: Target;
  readonly #allowance: Allowance;
  readonly #startedAtMs: number;
  readonly #startedMs: number;
  readonly #used: EgressUse = { bytesUp: 0, bytesDown: 0 };
  #address: string | null = null;
  #holdsPlace = false;
  #isOver = false;

  private constructor(deps: ProxyDeps, target: Target, allowance: Allowance) {
    this.#deps = deps;
    this.#target = target;
    this.#allowance = allowance;
    this.#startedAtMs = deps.clock.nowMs();
    this.#startedMs = deps.clock.monotonicMs();
  }

  /** Throws a Refusal where nothing can be recorded, or too much was tried: only these leave no record. */
  static async begin(deps: ProxyDeps, target: Target): Promise<Passage> {
    const allowance = await deps.allowance().catch(() => {
      throw new Refusal('broken', 'what this workspace has used today is not known just now');
    });
    const isRecorded = allowance.attempt() && deps.recorder.promise();
    if (isRecorded) return new Passage(deps, target, allowance);
    deps.metrics.unrecorded.inc();
    throw new Refusal('too_many_connections', 'too many connections are tried; wait a minute');
  }

  /** The rule that lets it pass, and a place. Throws a Refusal. */
  admit(): EgressRule {
    const { policy, sandbox, room } = this.#deps;
    const rule = findRule(policy.rules, sandbox.tier, this.#target);
    if (rule === null) throw notAllowed(this.#target.host, this.#target.port);
    if (!this.#allowance.hasBytes())
      throw new Refusal('over_quota', 'this workspace has used up what it may transfer today');
    if (!this.#allowance.take()) throw tooMany();
    if (!room.take()) {
      this.#allowance.giveBack();
      throw tooMany();
    }
    this.#holdsPlace = true;
    return rule;
  }

  connected(address: string): void {
    this.#address = address;
  }

  /** Counts bytes that go by; false: it has to end, they are one too many. */
  spend(direction: keyof EgressUse, bytes: number): boolean {
    this.#used[direction] += bytes;
    this.#deps.metrics.bytes.inc({ direction: direction === 'bytesUp' ? 'up' : 'down' }, bytes);
    return this.#allowance.spend(direction, bytes);
  }

  end(result: EgressResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { sandbox, recorder, metrics, clock, random, room } = this.#deps;
    if (this.#holdsPlace) {
      this.#allowance.giveBack();
      room.giveBack();
    }
    metrics.connections.inc({ result });
    recorder.add({
      recordId: random.uuid(),
      ...{ workspaceId: sandbox.workspaceId, sandboxId: sandbox.sandboxId, result, ...this.#used },
      ...{ host: this.#target.host.slice(0, limits.egress.hostCharsMax), port: this.#target.port },
      ...{ address: this.#address, startedAtMs: this.#startedAtMs },
      durationMs: Math.round(clock.monotonicMs() - this.#startedMs),
    });
  }
}

const tooMany = (): Refusal =>
  new Refusal('too_many_connections', 'too many connections are open; close some, or try again in a moment');
