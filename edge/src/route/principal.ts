/** Signs the principal (shared/protocol/principal.ts) that goes with every forwarded request. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import { type Principal, principalIssuer } from '@cellbook/shared/protocol/principal.ts';
import { importJWK, type JWK, SignJWT } from 'jose';
import { BoundedMap } from '../bounded-map.ts';
import type { Identity } from '../identity/identity.ts';

export interface Destination {
  cell: Cell;
  pinEpoch: number;
  /** Whom an admin or operator has addressed; absent: his own home. */
  at?: Principal['at'];
  /** What the caller's organisation has set, as far as a cell enforces it. */
  policy?: Pick<Principal, 'quota' | 'audit' | 'regions' | 'policyAsOf'>;
}

export interface PrincipalSigner {
  sign(identity: Identity, to: Destination): Promise<string>;
}

export function createPrincipalSigner({ clock, key }: { clock: Clock; key: JWK }): PrincipalSigner {
  const signed = new BoundedMap<{ jwt: string; untilMs: number }>(limits.edge.principalCacheMax);
  const imported = importJWK(key, 'EdDSA');

  return {
    async sign(identity, to) {
      const nowMs = clock.nowMs();
      const { name: _shown, iat: _iat, ...who } = identity;
      const name = JSON.stringify([who, to.cell.id, to.pinEpoch, to.at, to.policy]);
      const known = signed.get(name);
      if (known && known.untilMs > nowMs) return known.jwt;
      const jwt = await new SignJWT({ ...principalOf(identity, to, nowMs) })
        .setProtectedHeader({ alg: 'EdDSA', kid: key.kid ?? 'edge' })
        .sign(await imported);
      signed.set(name, { jwt, untilMs: nowMs + limits.edge.principalReuseMs });
      return jwt;
    },
  };
}

function principalOf(
  identity: Identity,
  { cell, pinEpoch, at, policy }: Destination,
  nowMs: number,
): Principal {
  const iat = Math.floor(nowMs / 1_000);
  return {
    iss: principalIssuer,
    aud: cell.id,
    sub: identity.sub,
    org: identity.org,
    name: identity.name,
    tier: identity.tier,
    role: identity.role,
    scopes: identity.scopes,
    cred: identity.jti,
    via: identity.via,
    region: identity.region,
    ...(at === undefined ? {} : { at }),
    ...(identity.ws === undefined ? {} : { ws: identity.ws }),
    ...(identity.asOfMs === undefined ? {} : { asOf: identity.asOfMs }),
    ends: identity.exp,
    pin: pinEpoch,
    ...policy,
    iat,
    exp: iat + limits.edge.principalTtlMs / 1_000,
  };
}
