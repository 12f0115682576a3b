/**
 * Bytes sealed by AES-256-GCM, bound to a name: nonce (12 bytes, drawn for them alone), what is sealed, tag
 * (16 bytes). Under one key at most 2^32 may be sealed (NIST SP 800-38D, 8.3): 4 PiB in chunks.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '@cellbook/shared/random.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export interface Bound {
  key: Buffer;
  /** It opens only under this. */
  name: string;
}

export function sealBox({ key, name }: Bound, plain: Uint8Array, random: Random): Buffer[] {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(name));
  return [Buffer.from(nonce), cipher.update(plain), cipher.final(), cipher.getAuthTag()];
}

/** Null where it is not what was sealed under this key and name. */
export function openBox({ key, name }: Bound, sealed: Buffer): Buffer | null {
  if (sealed.length < nonceBytes + tagBytes) return null;
  const tagAt = sealed.length - tagBytes;
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(nonceBytes, tagAt));
  try {
    decipher.final();
    return plain;
  } catch {
    return null;
  }
}
