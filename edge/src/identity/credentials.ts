/** Mints and checks the three credentials (identity.ts). The first key signs, all of them verify. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { errors, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { BoundedMap } from '../bounded-map.ts';
import {
  audienceOf,
  type Claims,
  type CredentialKind,
  claimsSchema,
  type Identity,
  issuer,
} from './identity.ts';

export interface Credentials {
  mint(kind: CredentialKind, claims: Claims): Promise<string>;
  /** Throws `unauthenticated` or `token_expired`. Says nothing of revocation. */
  verify(kind: CredentialKind, credential: string): Promise<Identity>;
}

export function createCredentials({ clock, keys }: { clock: Clock; keys: readonly JWK[] }): Credentials {
  const verified = new BoundedMap<Identity>(limits.edge.credentialCacheMax);
  const imported = new Map(keys.map((key) => [key.kid, importJWK(key, 'HS256')]));
  const signing = keys[0];

  return {
    async mint(kind, { iat, exp, ...claims }) {
      const key = await imported.get(signing?.kid);
      if (!key || !signing?.kid) throw new Error('no key to sign with');
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: signing.kid })
        .setIssuer(issuer)
        .setAudience(audienceOf(kind))
        .setIssuedAt(iat)
        .setExpirationTime(exp)
        .sign(key);
    },
    async verify(kind, credential) {
      const known = verified.get(`${kind} ${credential}`);
      if (known && known.exp * 1_000 > clock.nowMs()) return known;
      const claims = await check(kind, credential);
      const identity: Identity = { ...claims, via: kind };
      verified.set(`${kind} ${credential}`, identity);
      return identity;
    },
  };

  async function check(kind: CredentialKind, credential: string): Promise<Claims> {
    if (credential.length > limits.edge.credentialCharsMax) throw refused(kind);
    try {
      const { payload } = await jwtVerify(
        credential,
        async ({ kid }) => {
          const key = await imported.get(kid);
          if (!key) throw new errors.JWKSNoMatchingKey();
          return key;
        },
        { algorithms: ['HS256'], issuer, audience: audienceOf(kind), currentDate: new Date(clock.nowMs()) },
      );
      return claimsSchema.parse(payload);
    } catch (thrown) {
      throw thrown instanceof errors.JWTExpired ? expired(kind) : refused(kind, thrown);
    }
  }
}

const names = { session: 'session', workspace: 'workspace session', token: 'token' } as const;
const nexts = {
  session: 'Sign in again.',
  workspace: 'Open the workspace again from the console.',
  token: 'Create a token in the console and send it as "Authorization: token …".',
} as const;

export function refused(kind: CredentialKind, cause?: unknown): CellbookError {
  return new CellbookError('unauthenticated', {
    doing: `checking the ${names[kind]}`,
    problem: `this ${names[kind]} is not valid`,
    next: nexts[kind],
    cause,
  });
}

function expired(kind: CredentialKind): CellbookError {
  return new CellbookError('token_expired', {
    doing: `checking the ${names[kind]}`,
    problem: `this ${names[kind]} has expired`,
    next: nexts[kind],
  });
}
