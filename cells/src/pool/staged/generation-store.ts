/**
 * Which generations of images there have been, and how they do:
 *
 *     absent ──the first──▶ current ◀──promoted── candidate ──worse beyond chance──▶ rolled_back
 *        └──any later one──▶ candidate              current ──another is promoted──▶ past
 *
 * Each change is one statement on what was seen, so that two who look at once change it once. A Postgres and a memory
 * implementation pass one suite (generation-store.test.ts).
 */
import type { UserId } from '@cellbook/shared/ids.ts';
import type { Counts, OwnerCounts } from './judge.ts';

export type Stage = 'candidate' | 'current' | 'past' | 'rolled_back';

export interface Generation extends Counts {
  generation: string;
  stage: Stage;
  stagedAtMs: number;
}

export interface GenerationStore {
  list(): Promise<Generation[]>;
  /** Those that have not been seen yet: the first one ever is current at once. A new candidate begins all counts but other candidates’ anew. */
  introduce(generation: string, nowMs: number): Promise<void>;
  /** What belongs to an owner counts as his, too. Nothing where the generation is not there. */
  count(generation: string, more: Counts, owner: UserId | null): Promise<void>;
  /** What of its counts belongs to owners. */
  ownersOf(generation: string): Promise<OwnerCounts>;
  /** A candidate, or one of the past where nothing else is left; false where it is neither. What was current is past. */
  promote(generation: string, nowMs: number): Promise<boolean>;
  /** False where it is no candidate any more. */
  rollBack(generation: string, nowMs: number): Promise<boolean>;
}
