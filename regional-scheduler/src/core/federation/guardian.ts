/**
 * A region that is lost has its queued jobs taken up by its guardian, another region, and none of them runs twice.
 * Nobody can tell a region that is lost from one that is cut off, so two things are agreed on beforehand:
 *
 *  - A record outside of both (shared/src/protocol/region-record.ts), changed by compare-and-swap on its epoch: who
 *    guards the region, until when it has been heard of.
 *  - A copy of the queue at the guardian, under the epoch of its guardianship. While there is a guardian, the region
 *    lets nobody begin a job (an agent, or a third region to which it is offered) before the guardian has acknowledged
 *    that it is `released`. A copy and its release carry a number (`turn`) that grows each time the job comes back into
 *    the queue, so that a message of an earlier time means nothing.
 *
 *     region                          record                     guardian
 *       renew(4) ────────────────────▶ until t + ttl
 *       copy job, turn 0 ─────────────────────────────────────────▶ queued, under (4, 0)
 *       placed; release (4, 0) ───────────────────────────────────▶ released ──▶ acknowledged
 *       its agent is told ◀───────────────────────────────────────────┘
 *       it failed, is queued again: copy (4, 1) ──────────────────▶ queued, under (4, 1)
 *       (cut off: runs on what it has, and begins nothing)
 *                                     until passed ◀── claim(4) ─────┤ epoch 5: one by one it takes what is in its
 *                                                                    │ copy under 4 and queued; then it is `done`
 *       release (4, 1) ───────────────────────────────────────────▶ taken: it is the guardian's
 *       renew(4) ──▶ refused, epoch 5, claimed: asks what was taken, once it is done; guard(5) ──▶ epoch 6, and goes on
 *
 * While a region tells anew under a higher epoch (its leader has changed), what is queued in a copy of the epoch before
 * counts too: the guardianship was not interrupted, so that it was released by no message of either. Once all is told, or
 * where somebody else, or nobody, guarded in between, it counts no more.
 *
 * No clock is needed for safety: a release and a taking meet in the guardian's store, a change of guardian and a claim
 * meet in the record. Times decide only how soon a region counts as lost. A guardian that does not answer would stop a
 * healthy region: that region takes it out of the record (`guard` null), after which nobody can claim and nothing need
 * be released; a guardian that comes back begins anew, under a new epoch.
 *
 * Failure budget: a region cut off from its guardian goes on, one cut off from both goes on with what runs; one that is
 * lost has its queue running elsewhere after its ttl and one look of the guardian. What was released and had not ended
 * waits for the region's return, or for an operator's word that none of its schedulers is left (`stopped`) and the time
 * after which no lease of its agents can last: at most what ran.
 */
export interface CopiedJob {
  epoch: number;
  /** How often it was let go before. */
  turn: number;
  state: 'queued' | 'released' | 'taken';
}

export interface Told {
  epoch: number;
  turn: number;
}

/** Of a job that is over, above any that one can come to: nothing that is told of it later counts. */
export const overTurn = 1_000_000_000;

export const isNewer = (told: Told, than: Told): boolean =>
  told.epoch > than.epoch || (told.epoch === than.epoch && told.turn > than.turn);

/** What the guardian has of a job after it was told that it is queued. `doneEpoch`: of its last claim that is done. */
export function copied(known: CopiedJob | null, told: Told, doneEpoch: number): CopiedJob | null {
  if (told.epoch <= doneEpoch || known?.state === 'taken') return known;
  return known && !isNewer(told, known) ? known : { ...told, state: 'queued' };
}

/**
 * What it has after it was told that the job is let go. One that was never heard of is noted too: its copy may come
 * later. Null: it has been told of a newer turn, or what it was told under is over; it acknowledges nothing.
 */
export function released(known: CopiedJob | null, told: Told, doneEpoch: number): CopiedJob | null {
  if (known?.state === 'taken') return known;
  if (told.epoch <= doneEpoch) return null;
  return known && isNewer(known, told) ? null : { ...told, state: 'released' };
}

/**
 * Whether the guardian takes this job that claims what was copied under `of`. `since`: from when on it has guarded without
 * a gap, and has not been told all anew. Of what was released before it is not known whether it has ended since.
 */
export function isTakenUp(
  known: CopiedJob,
  of: number,
  takes: 'queued' | 'all' = 'queued',
  since: number = of,
): boolean {
  if (known.state === 'queued') return known.epoch <= of && known.epoch >= Math.min(since, of);
  return takes === 'all' && known.state === 'released' && known.epoch === of;
}

/** What a region believes of its own record; null: it does not know yet, and lets nobody begin anything. */
export type Guarded = { epoch: number; guardian: string | null } | null;

/** Whether the region may let somebody begin a job, as far as it knows. */
export function mayLetGo(guarded: Guarded, turn: number, acknowledged: Told | null): boolean {
  if (guarded === null) return false;
  if (guarded.guardian === null) return true;
  return acknowledged?.epoch === guarded.epoch && acknowledged.turn === turn;
}
