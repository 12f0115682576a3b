/**
 * What cells and the edge say to each other of their own accord, outside any user's request: a compact JWS of JSON,
 * good for a minute, whose `typ` keeps one kind of statement from standing in for another, and which names whom it
 * is for. A cell signs with its own key, whose public half the pins name; the edge with the key of principals.
 */
import {
  base64url,
  CompactSign,
  type CompactVerifyGetKey,
  type CryptoKey,
  compactVerify,
  importJWK,
  type JWK,
} from 'jose';
import { z } from 'zod';
import { limits } from '../limits.ts';

export const statementMediaType = 'application/jose';

/** An Ed25519 public key, as the pins name a cell's. */
export const statementKeySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().min(1).max(100),
});
export type StatementKey = z.infer<typeof statementKeySchema>;

export interface Addressed {
  /** A cell's id, or `edge`. */
  from: string;
  to: string;
}

const envelopeSchema = z.looseObject({ from: z.string(), to: z.string(), iat: z.int() });

export async function signStatement(
  typ: string,
  statement: Addressed & { iat: number; [said: string]: unknown },
  key: JWK,
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
    .setProtectedHeader({ alg: 'EdDSA', typ, ...(key.kid !== undefined && { kid: key.kid }) })
    .sign(await importJWK(key, 'EdDSA'));
}

export interface Expected<Schema extends z.ZodType> {
  typ: string;
  schema: Schema;
  to: string;
  /** Absent: whoever the key is of. */
  from?: string;
  nowMs: number;
}

/** What was said; throws where it is no such statement, is for another, or older than a minute. */
export async function verifyStatement<Schema extends z.ZodType>(
  jws: string,
  key: CryptoKey | CompactVerifyGetKey,
  { typ, schema, to, from, nowMs }: Expected<Schema>,
): Promise<z.infer<Schema>> {
  const options = { algorithms: ['EdDSA'] };
  const { payload, protectedHeader } = await (typeof key === 'function'
    ? compactVerify(jws, key, options)
    : compactVerify(jws, key, options));
  if (protectedHeader.typ !== typ) throw new Error(`a signed ${protectedHeader.typ}, not a ${typ}`);
  const said: unknown = JSON.parse(new TextDecoder().decode(payload));
  const envelope = envelopeSchema.parse(said);
  if (envelope.to !== to) throw new Error(`it is for ${envelope.to}`);
  if (from !== undefined && envelope.from !== from) throw new Error(`it is from ${envelope.from}`);
  if (Math.abs(nowMs - envelope.iat) > limits.statements.freshMs)
    throw new Error('it is older than a minute');
  return schema.parse(said);
}

/** Whose key it has to be verified with, by its own word: nothing in it counts before that. */
export function claimedSender(jws: string): string | null {
  try {
    const [, payload = ''] = jws.split('.');
    return envelopeSchema.parse(JSON.parse(new TextDecoder().decode(base64url.decode(payload)))).from;
  } catch {
    return null;
  }
}
