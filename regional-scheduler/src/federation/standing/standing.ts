/**
 * Whose rights have ended or changed, as the edge's directory tells it (shared/src/protocol/standing-api.ts): asked every
 * 20 s, so that a key that was revoked is refused here within 60 s, whatever edge has signed for it; and what its owner's
 * rights made begin again and again ends with them.
 *
 *     told: revoked, changed ─▶ requests signed before are refused (`unauthenticated`, `standing_changed`)
 *           changed ─▶ whose repeated tasks? ─▶ may he still? asked of the directory ─▶ no: cancelled, `rights_ended`
 *
 * Where the edge is not reached what was told last stays: nobody is refused for its silence.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { rightsToldSchema } from '@cellbook/shared/protocol/region-asks.ts';
import { type Fact, memberSubject, toldSchema } from '@cellbook/shared/protocol/standing-api.ts';
import type { PrincipalVerifier } from '../../api/access/principal-verifier.ts';
import type { Region } from '../../region.ts';
import type { AskEdge } from '../ask-edge.ts';
import type { RepeatedTasks } from './repeated-tasks.ts';

export interface StandingDeps {
  askEdge: AskEdge;
  tasks: RepeatedTasks;
  region: Pick<Region, 'ask' | 'leadership'>;
  clock: Clock;
  log: Logger;
}

export class Standing {
  readonly #deps: StandingDeps;
  /** The newest time told, by kind and subject; the oldest told goes first. */
  readonly #told = new Map<string, number>();
  /** Changed, and not yet looked at for repeated tasks. */
  readonly #changed = new Set<string>();
  #after = 0;

  constructor(deps: StandingDeps) {
    this.#deps = deps;
  }

  /** Refuses what a verified principal may not do any more. */
  over(principals: PrincipalVerifier): PrincipalVerifier {
    return {
      verify: async (token) => {
        const principal = await principals.verify(token);
        this.check(principal);
        return principal;
      },
    };
  }

  check(principal: Principal): void {
    const { cred, sub, org, via, asOf = 0, policyAsOf = 0, ends } = principal;
    const isEnded =
      this.#at('revoked', cred) !== undefined ||
      (via !== 'token' && (ends ?? Number.POSITIVE_INFINITY) * 1_000 <= (this.#at('revoked', sub) ?? -1));
    if (isEnded) throw revoked(principal);
    const isNews = [cred, sub, org, memberSubject(sub, org)].some(
      (subject) => (this.#at('changed', subject) ?? 0) > asOf,
    );
    if (isNews || (this.#at('policy', org) ?? 0) > policyAsOf) throw outdated(principal);
  }

  /** One round; repeats are harmless. */
  async round(): Promise<void> {
    for (let more = true; more; ) {
      const told = await this.#deps.askEdge('standing', { after: this.#after }, toldSchema);
      for (const fact of told.facts) this.#learn(fact);
      this.#after = told.upTo;
      more = told.more;
    }
    if (this.#deps.region.leadership().leads) await this.#endRepeated();
  }

  #learn({ kind, subject, ms }: Fact): void {
    const key = `${kind} ${subject}`;
    const known = this.#told.get(key) ?? Number.NEGATIVE_INFINITY;
    this.#told.delete(key);
    this.#told.set(key, Math.max(known, ms));
    if (this.#told.size > limits.standing.factsMax) this.#told.delete(this.#told.keys().next().value ?? '');
    if (kind === 'changed') this.#changed.add(subject);
    if (this.#changed.size > limits.standing.factsMax)
      this.#changed.delete(this.#changed.values().next().value ?? '');
  }

  #at(kind: Fact['kind'], subject: string): number | undefined {
    return this.#told.get(`${kind} ${subject}`);
  }

  /** A subject is kept until it was looked at: by whoever leads, which may be another instance. */
  async #endRepeated(): Promise<void> {
    const { askEdge, tasks, region, clock, log } = this.#deps;
    const asked = new Map<string, boolean>();
    for (const subject of this.#changed) {
      for await (const { jobId, userId, orgId } of tasks.of(subject)) {
        const owner = memberSubject(userId, orgId);
        if (!asked.has(owner))
          asked.set(owner, (await askEdge('rights', { userId, orgId }, rightsToldSchema)).maySubmit);
        if (asked.get(owner) === true) continue;
        await region.ask({ type: 'cancel_asked', atMs: clock.nowMs(), jobId, because: 'rights' }, 'standing');
        log.warn({ jobId, userId, orgId }, 'a repeated task ends with its owner’s rights');
      }
      this.#changed.delete(subject);
    }
  }
}

const revoked = ({ sub }: Principal): CellbookError =>
  new CellbookError('unauthenticated', {
    doing: 'checking who the request is from',
    problem: 'the key or session that it was sent with has been ended',
    next: 'Sign in again, or use another key.',
    ids: { user: sub },
  });

/** The edge reads anew when it is told so (the answer's header). */
const outdated = ({ sub, org }: Principal): CellbookError =>
  new CellbookError('standing_changed', {
    doing: 'checking what you may do',
    problem: 'what you may do has just changed, and the edge has not read it yet',
    next: 'Try again in a few seconds.',
    ids: { user: sub, org },
    retryAfterMs: limits.standing.retryAfterMs,
  });
