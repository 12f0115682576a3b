/**
 * The directory: what was revoked before its time (people: people.ts, organisations: orgs.ts, keys: keys/key-store.ts).
 * The router never asks it on the way of a request but where its snapshot cannot know (revoked.ts).
 * Both implementations pass the suite in directory.test.ts.
 */
import type { Revocable, Revoked } from './revoked.ts';

export interface Directory {
  /** Revokes a session until it would have ended by itself. Twice is harmless. */
  revokeSession(id: string, untilMs: number): Promise<void>;
  /** What was revoked before its time and is not yet over: `max` of it, the longest to live first. */
  revocations(nowMs: number, max: number): Promise<Revoked>;
  /** Whether this one is among all of them. */
  isRevoked(credential: Revocable): Promise<boolean>;
}
