/**
 * How a cell that first meets an organisation gets its secrets from another cell, through an edge that cannot read
 * them. All are statements (statements.ts):
 *
 * | at   | request            | body                      | answer |
 * | ---- | ------------------ | ------------------------- | ------ |
 * | edge | POST /cells/secrets | wanted, signed by the cell | brought: there are none, or another cell's word |
 * | cell | POST /secrets/seal | order of the edge, with the wanted as it was signed | sealed, signed for who wants them |
 * | edge | POST /cells/secrets/held | held: the cell has all of them now | taken |
 *
 * The values are sealed (a JWE) to a key that the wanting cell drew for this once and signed. Who seals looks that
 * signature up in pins of its own, which the operator's key has signed, and so does who opens with who sealed.
 */
import { z } from 'zod';
import { cellIdSchema, orgIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';

export const secretsWantedType = 'cellbook-secrets-wanted';
export const secretsBroughtType = 'cellbook-secrets-brought';
export const secretsOrderType = 'cellbook-secrets-order';
export const secretsSealedType = 'cellbook-secrets-sealed';
export const secretsHeldType = 'cellbook-secrets-held';
export const secretsTakenType = 'cellbook-secrets-taken';

const envelope = { from: z.string(), to: z.string(), iat: z.int() };
const signedText = z.string().max(limits.statements.secretsBytesMax);

/** To be sealed to: drawn for this once. */
export const sealToSchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('X25519'),
  x: z.string().max(100),
});

export const secretsWantedSchema = z.object({
  ...envelope,
  from: cellIdSchema,
  org: orgIdSchema,
  sealTo: sealToSchema,
  /** It has some, from before the directory noted who has all. */
  hasSome: z.boolean(),
});

export const secretsOrderSchema = z.object({
  ...envelope,
  org: orgIdSchema,
  wantedBy: cellIdSchema,
  /** As the wanting cell has signed it. */
  wanted: z.string().max(limits.statements.askBytesMax),
});

export const secretsBroughtSchema = z.object({
  ...envelope,
  org: orgIdSchema,
  /** What a cell has sealed and signed; null: there are none besides what the cell has. */
  sealed: z.object({ by: cellIdSchema, text: signedText }).nullable(),
});

export const secretsSealedSchema = z.object({
  ...envelope,
  org: orgIdSchema,
  /** A compact JWE (ECDH-ES, A256GCM) of `secretValuesSchema`. */
  jwe: signedText,
});

export const secretValuesSchema = z.object({
  org: orgIdSchema,
  secrets: z
    .array(z.object({ name: z.string(), value: z.string(), updatedAtMs: z.int() }))
    .max(limits.secrets.perOwnerMax),
});
export type SecretValues = z.infer<typeof secretValuesSchema>;

export const secretsHeldSchema = z.object({ ...envelope, from: cellIdSchema, org: orgIdSchema });
export const secretsTakenSchema = z.object({ ...envelope, org: orgIdSchema });
