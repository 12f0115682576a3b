/**
 * A queued job goes from one region to another in two phases, so that at any time exactly one of them may run it,
 * whatever is lost, repeated, late or restarted. Both sides decide by what they have on record and nothing else; the
 * record is written before anybody is told.
 *
 *     from                                     to
 *     queued ──spill_offered(n)──▶ spilling
 *                                     │ PUT handoffs/{job}/{n}        again until it is answered
 *                                     ├──────────────────────────────▶ first word about (job, from, n) is recorded:
 *                                     │                                taken  (and the job is its own) | refused
 *                                     │◀── taken ──────────────────────┤
 *                                  spilled                             │
 *                                     │◀── refused ────────────────────┘
 *                                  queued
 *                                     │ DELETE handoffs/{job}/{n}      who waits too long, or is asked to cancel:
 *                                     ├──────────────────────────────▶ the first word is then: refused
 *
 * A PUT that comes after a DELETE finds it refused; a DELETE that comes after a PUT finds it taken. Who cannot reach
 * the other side knows nothing and goes on asking: the job waits, and runs nowhere. That is the price of never running
 * twice; how long it may last is bounded by taking over a region that is lost (guardian.ts).
 *
 * A job moves once: who took it from another region offers it to nobody. So there is no ping-pong.
 */
export interface HandoffAnswer {
  taken: boolean;
  because: string;
}

/** `known`: what is on record about this offer already. */
export function answerOffer(
  known: HandoffAnswer | null,
  offer: { offeredMs: number; nowMs: number; refusal: string | null },
): HandoffAnswer {
  if (known) return known;
  // Records are kept for longer than this: an older offer may be one that was answered and forgotten.
  if (offer.nowMs - offer.offeredMs > handoffRules.offerMsMax)
    return { taken: false, because: 'the offer is older than what is remembered of offers' };
  if (offer.refusal !== null) return { taken: false, because: offer.refusal };
  return { taken: true, because: 'taken' };
}

export function answerWithdrawal(known: HandoffAnswer | null): HandoffAnswer {
  return known ?? { taken: false, because: 'withdrawn by the region that offered it' };
}

export const handoffRules = {
  offerMsMax: 24 * 3_600_000,
  /** Twice that, for clocks and what is under way. */
  keptMs: 48 * 3_600_000,
  /** How long an offer is repeated before it is withdrawn. */
  patienceMs: 15_000,
  /** After a refusal; doubled with each. */
  restMs: 5_000,
  restMsMax: 10 * 60_000,
};

/** How long a job whose offer of this number was refused is offered to nobody. */
export function restAfterRefusalMs(handoff: number): number {
  return Math.min(handoffRules.restMsMax, handoffRules.restMs * 2 ** Math.min(handoff - 1, 20));
}

export interface SpillingJob {
  handoff: number;
  sinceMs: number;
  cancelAsked: boolean;
}

/** What a region does about a job that it has offered: the same after any number of restarts. */
export function nextStep(job: SpillingJob, nowMs: number): 'offer' | 'withdraw' {
  return job.cancelAsked || nowMs - job.sinceMs >= handoffRules.patienceMs ? 'withdraw' : 'offer';
}
