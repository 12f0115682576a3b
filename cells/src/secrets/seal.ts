/**
 * One secret at rest: a JWE (RFC 7516) whose content key is drawn for it alone (A256GCM) and wrapped by the
 * master key (A256GCMKW). The owner and the name are the additional authenticated data and are not stored with
 * it: a row put in another's place does not open.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { errors, FlattenedEncrypt, flattenedDecrypt } from 'jose';
import { z } from 'zod';
import type { MasterKeys } from './master-keys.ts';

export type SecretOwner = UserId | OrgId;

export interface SecretPlace {
  owner: SecretOwner;
  name: string;
}

export interface Sealed {
  /** The master key that wraps it. */
  keyId: string;
  /** A flattened JWE without its `aad`. */
  text: string;
}

const jweSchema = z.object({
  protected: z.string(),
  encrypted_key: z.string(),
  iv: z.string(),
  ciphertext: z.string(),
  tag: z.string(),
});

const algorithms = {
  keyManagementAlgorithms: ['A256GCMKW'],
  contentEncryptionAlgorithms: ['A256GCM'],
};

export const seal = (keys: MasterKeys, place: SecretPlace, value: string): Promise<Sealed> =>
  sealBound(keys, boundTo(place), value);

/** The value, or null when no key of ours opens it in this place. */
export const unseal = (keys: MasterKeys, place: SecretPlace, sealed: Sealed): Promise<string | null> =>
  unsealBound(keys, boundTo(place), sealed);

/** Bound to any text: whoever seals another kind of thing begins it with that kind's name. */
export async function sealBound({ wrapping }: MasterKeys, bound: string, value: string): Promise<Sealed> {
  const jwe = await new FlattenedEncrypt(Buffer.from(value))
    .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid: wrapping.id })
    .setAdditionalAuthenticatedData(Buffer.from(bound))
    .encrypt(wrapping.key);
  return { keyId: wrapping.id, text: JSON.stringify(jweSchema.parse(jwe)) };
}

export async function unsealBound(keys: MasterKeys, bound: string, sealed: Sealed): Promise<string | null> {
  const key = keys.byId.get(sealed.keyId);
  if (!key) return null;
  const jwe = jweSchema.parse(JSON.parse(sealed.text));
  const aad = Buffer.from(bound).toString('base64url');
  try {
    const { plaintext } = await flattenedDecrypt({ ...jwe, aad }, key.key, algorithms);
    return Buffer.from(plaintext).toString();
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

const boundTo = ({ owner, name }: SecretPlace): string => `cellbook secret 1\n${owner}\n${name}`;

export const unreadable = (names: readonly string[]): CellbookError =>
  new CellbookError('not_configured', {
    doing: 'opening secrets',
    problem: `no master key of this cell opens ${names.join(', ')}`,
    next: 'Put the key that wrapped them back into the file of CELLBOOK_SECRET_KEYS, or set them again.',
  });
