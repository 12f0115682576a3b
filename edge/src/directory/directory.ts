/**
 * The directory: people, their organisations, the tokens they made, and what was revoked before its time.
 * The router never asks it on the way of a request; it reads `revocations` into a snapshot.
 * Both implementations pass the suite in directory.test.ts.
 */
import type { ApiKeyId, RegionId, UserId } from '@cellbook/shared/ids.ts';
import type { Person } from '../identity/identity.ts';

export interface TokenRow {
  id: ApiKeyId;
  name: string;
  /** The last characters, by which its owner tells it from others. */
  hint: string;
  createdAtMs: number;
  expiresAtMs: number;
}

export interface NewToken extends TokenRow {
  userId: UserId;
  /** SHA-256 of the token, hex. The token itself is kept nowhere. */
  hash: string;
}

export interface Directory {
  /** Finds the person by address (compared in lower case) or makes them, with an organisation of their own. */
  findOrCreatePerson(email: string, name: string, region: RegionId): Promise<Person>;
  /**
   * Makes a token unless the user has one of this id already; either way the one there is now.
   * Throws `quota_exceeded` when the user has `limits.edge.tokensPerUserMax` live ones, or with those revoked
   * before their time `tokensKeptPerUserMax`: one user could else crowd out everyone's revocations.
   */
  createToken(token: NewToken, nowMs: number): Promise<TokenRow>;
  /** Live tokens, newest first. */
  listTokens(userId: UserId, nowMs: number): Promise<TokenRow[]>;
  /** False when the user has no such live token. A revoked token's id is among `revocations` from then on. */
  revokeToken(userId: UserId, id: ApiKeyId, nowMs: number): Promise<boolean>;
  /** Revokes a session until it would have ended by itself. Twice is harmless. */
  revokeSession(id: string, untilMs: number): Promise<void>;
  /** Ids of tokens and sessions revoked before their time and not yet over. */
  revocations(nowMs: number): Promise<string[]>;
}
