/** Pins with the document they came in, which cells that have not got it are given. */
import { type Pins, verifyPins } from '@cellbook/shared/pins/pins.ts';
import { type CryptoKey, importJWK, type JWK } from 'jose';

export interface SignedPins extends Pins {
  readonly jws: string;
}

export type VerifySigned = (jws: string) => Promise<SignedPins>;

export function createPinVerifier(publicKey: JWK): VerifySigned {
  let imported: Promise<CryptoKey | Uint8Array> | null = null;
  return async (jws) => {
    imported ??= importJWK(publicKey, 'EdDSA');
    const key = await imported;
    if (key instanceof Uint8Array) throw new Error('the key of the pins is not a public key');
    return { ...(await verifyPins(jws, key)), jws };
  };
}
