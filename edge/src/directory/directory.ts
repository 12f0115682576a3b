/**
 * The directory: people, their organisations, and what was revoked before its time (keys: keys/key-store.ts).
 * The router never asks it on the way of a request; it reads `revocations` into a snapshot.
 * Both implementations pass the suite in directory.test.ts.
 */
import type { RegionId } from '@cellbook/shared/ids.ts';
import type { Person } from '../identity/identity.ts';

export interface Directory {
  /** Finds the person by address (compared in lower case) or makes them, with an organisation of their own. */
  findOrCreatePerson(email: string, name: string, region: RegionId): Promise<Person>;
  /** Revokes a session until it would have ended by itself. Twice is harmless. */
  revokeSession(id: string, untilMs: number): Promise<void>;
  /** Ids of tokens and sessions revoked before their time and not yet over. */
  revocations(nowMs: number): Promise<string[]>;
}
