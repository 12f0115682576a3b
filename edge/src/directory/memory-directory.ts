/** The directory in memory: for tests and simulation. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Person } from '../identity/identity.ts';
import type { Directory, NewToken, TokenRow } from './directory.ts';

export function createMemoryDirectory({ random }: { random: Random }): Directory {
  const people = new Map<string, Person>();
  const tokens: NewToken[] = [];
  const revoked = new Map<string, number>();
  const kept = (userId: string, nowMs: number) =>
    tokens.filter((token) => token.userId === userId && token.expiresAtMs > nowMs);
  const live = (userId: string, nowMs: number) =>
    kept(userId, nowMs).filter((token) => !revoked.has(token.id));

  return {
    async findOrCreatePerson(email, name, region) {
      const key = email.toLowerCase();
      const known = people.get(key);
      if (known) return known;
      const person: Person = {
        sub: newUserId(random),
        org: newOrgId(random),
        name,
        tier: 'free',
        region,
        role: 'member',
      };
      people.set(key, person);
      return person;
    },
    async createToken(token, nowMs) {
      const known = tokens.find((other) => other.id === token.id && other.userId === token.userId);
      if (known) return rowOf(known);
      if (live(token.userId, nowMs).length >= limits.edge.tokensPerUserMax) throw tooManyTokens(token.userId);
      if (kept(token.userId, nowMs).length >= limits.edge.tokensKeptPerUserMax)
        throw tooManyTokens(token.userId);
      tokens.unshift(token);
      return rowOf(token);
    },
    async listTokens(userId, nowMs) {
      return live(userId, nowMs).map(rowOf);
    },
    async revokeToken(userId, id, nowMs) {
      const token = live(userId, nowMs).find((other) => other.id === id);
      if (token) revoked.set(id, token.expiresAtMs);
      return token !== undefined;
    },
    async revokeSession(id, untilMs) {
      revoked.set(id, untilMs);
    },
    async revocations(nowMs) {
      return [...revoked].filter(([, untilMs]) => untilMs > nowMs).map(([id]) => id);
    },
  };
}

const rowOf = ({ id, name, hint, createdAtMs, expiresAtMs }: NewToken): TokenRow => ({
  id,
  name,
  hint,
  createdAtMs,
  expiresAtMs,
});

export function tooManyTokens(userId: string): CellbookError {
  return new CellbookError('quota_exceeded', {
    doing: `creating a token for user ${userId}`,
    problem: `there are ${limits.edge.tokensPerUserMax} tokens already, or too many were made and revoked`,
    next: 'Revoke one that is no longer used; make new ones less often.',
    ids: { user: userId },
  });
}
