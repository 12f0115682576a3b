/**
 * The directory: what was revoked before its time (people: people.ts, organisations: orgs.ts, keys: keys/key-store.ts).
 * The router never asks it on the way of a request; it reads `revocations` into a snapshot.
 * Both implementations pass the suite in directory.test.ts.
 */
export interface Directory {
  /** Revokes a session until it would have ended by itself. Twice is harmless. */
  revokeSession(id: string, untilMs: number): Promise<void>;
  /** Ids of tokens and sessions revoked before their time and not yet over. */
  revocations(nowMs: number): Promise<string[]>;
}
