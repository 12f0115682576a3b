/**
 * What the log's writer says of its chain and signs (a compact JWS, Ed25519) with a key that is not in the
 * database: `checkpoint`, "row seq has this hash", and `removal`, "rows through seq, whose last hash was this,
 * were removed because their time was over". Statements are kept beside the rows and, as objects that are only
 * ever added, in another store, so that whoever can write to the database can neither take them back nor make
 * new ones.
 */
import { base64url, CompactSign, compactVerify, importJWK } from 'jose';
import { z } from 'zod';

export const auditStatementSchema = z.object({
  kind: z.enum(['checkpoint', 'removal']),
  chain: z.string().max(64),
  seq: z.int().nonnegative(),
  hash: z.string().length(64),
  at: z.iso.datetime(),
});
export type AuditStatement = z.infer<typeof auditStatementSchema>;

export const auditPublicKeySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1).max(64),
  x: z.string(),
});
export type AuditPublicKey = z.infer<typeof auditPublicKeySchema>;
export const auditKeySchema = auditPublicKeySchema.extend({ d: z.string() });
export type AuditKey = z.infer<typeof auditKeySchema>;

const typ = 'cellbook-audit';

export async function signStatement(statement: AuditStatement, key: AuditKey): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
    .setProtectedHeader({ alg: 'EdDSA', typ, kid: key.kid })
    .sign(await importJWK(key, 'EdDSA'));
}

/** When a statement of one's own says that it was made; unchecked, so only ever to tidy up by. */
export function madeAtMs(jws: string): number {
  const payload = new TextDecoder().decode(base64url.decode(jws.split('.')[1] ?? ''));
  const made = auditStatementSchema.pick({ at: true }).safeParse(jsonOf(payload));
  // What cannot be read stays: it counts as made just now, whenever that is.
  return made.success ? Date.parse(made.data.at) : Number.POSITIVE_INFINITY;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The statement, or null when no key of these signed it for this chain. */
export async function readStatement(
  jws: string,
  chain: string,
  keys: readonly AuditPublicKey[],
): Promise<AuditStatement | null> {
  try {
    const { payload } = await compactVerify(
      jws,
      async ({ kid, typ: given }) => {
        const key = keys.find((known) => known.kid === kid && given === typ);
        if (!key) throw new Error('no such key');
        const { kty, crv, x } = key;
        return importJWK({ kty, crv, x }, 'EdDSA');
      },
      { algorithms: ['EdDSA'] },
    );
    const statement = auditStatementSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
    return statement.chain === chain ? statement : null;
  } catch {
    // Whatever is wrong with it, it is no statement of ours.
    return null;
  }
}
