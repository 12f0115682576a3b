/** Pins with the document they came in, which cells that have not got it are given. */
import { type Pins, verifyPins } from '@cellbook/shared/pins/pins.ts';
import { createLocalJWKSet, type JWK } from 'jose';

export interface SignedPins extends Pins {
  readonly jws: string;
}

export type VerifySigned = (jws: string) => Promise<SignedPins>;

/** By the keys that sign now, will next, and did before. */
export function createPinVerifier(publicKeys: readonly JWK[]): VerifySigned {
  const keys = createLocalJWKSet({ keys: [...publicKeys] });
  return async (jws) => ({ ...(await verifyPins(jws, keys)), jws });
}
