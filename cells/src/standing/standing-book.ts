/**
 * What this cell has been told of ended and changed rights, in memory: for as long as an edge may not know it
 * (`limits.standing.keptMs`), and the newest of each subject. A new process has it from the edge's first answer.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Fact, Told } from '@cellbook/shared/protocol/standing-api.ts';

export class StandingBook {
  /** By kind and subject; in the order in which they were learned. */
  readonly #facts = new Map<string, { ms: number; learnedMs: number }>();
  readonly #factsMax: number;
  #upTo = 0;

  constructor(factsMax: number = limits.standing.factsMax) {
    this.#factsMax = factsMax;
  }

  /** Every fact numbered so or lower has been told, as far as it is younger than the edge's own memory of them. */
  get upTo(): number {
    return this.#upTo;
  }

  /** The log that was asked is an older copy of itself and counts again from below: it is asked for from its beginning. */
  startOver(): void {
    this.#upTo = 0;
  }

  readonly told = (kind: Fact['kind'], subject: string): number | undefined =>
    this.#facts.get(nameOf(kind, subject))?.ms;

  /** What of it is news. Documents come late, twice and out of order. */
  learn({ after, upTo, facts }: Told, monotonicMs: number): Fact[] {
    const news = facts.filter(({ kind, subject, ms }) => ms > (this.told(kind, subject) ?? -1));
    for (const { kind, subject, ms } of news) {
      const name = nameOf(kind, subject);
      this.#facts.delete(name);
      this.#facts.set(name, { ms, learnedMs: monotonicMs });
    }
    // With a gap before it, what lies in the gap is asked for all the same.
    if (after <= this.#upTo && upTo > this.#upTo) this.#upTo = upTo;
    this.#forget(monotonicMs);
    return news;
  }

  #forget(monotonicMs: number): void {
    for (const [name, { learnedMs }] of this.#facts) {
      const isNeeded = monotonicMs - learnedMs < limits.standing.keptMs;
      if (isNeeded && this.#facts.size <= this.#factsMax) return;
      this.#facts.delete(name);
    }
  }
}

const nameOf = (kind: Fact['kind'], subject: string): string => `${kind} ${subject}`;
