/** An organisation's secrets on their way between two cells: sealed to a key drawn for this once, signed by both. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type CellId, cellIdSchema, type OrgId } from '@cellbook/shared/ids.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import {
  type SecretValues,
  sealToSchema,
  secretsSealedSchema,
  secretsSealedType,
  secretsWantedSchema,
  secretsWantedType,
  secretValuesSchema,
} from '@cellbook/shared/protocol/secret-sets-api.ts';
import { verifyStatement } from '@cellbook/shared/protocol/statements.ts';
import { CompactEncrypt, type CryptoKey, compactDecrypt, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { z } from 'zod';

/** Cells as pins name them that this cell has verified itself. */
export interface NamedCells {
  cellNamed(id: CellId): Cell | null;
}

export type SealTo = z.infer<typeof sealToSchema>;
export interface SealKey {
  publicKey: SealTo;
  privateKey: CryptoKey;
}

const algorithms = { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] };

export async function drawSealKey(): Promise<SealKey> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
  return { publicKey: sealToSchema.parse(await exportJWK(publicKey)), privateKey };
}

export async function sealSet(to: SealTo, values: SecretValues): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(values)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
    .encrypt(await importJWK(to, 'ECDH-ES'));
}

/** The key to seal to, as the cell that wants the secrets has signed it. Throws `forbidden`. */
export async function wantedKey(
  cells: NamedCells,
  { wanted, wantedBy, org, nowMs }: { wanted: string; wantedBy: CellId; org: OrgId; nowMs: number },
): Promise<SealTo> {
  const key = await keyOf(cells, wantedBy);
  const expected = { typ: secretsWantedType, schema: secretsWantedSchema, to: 'edge', from: wantedBy, nowMs };
  const said = await verifyStatement(wanted, key, expected).catch((cause: unknown) => {
    throw notSaid(wantedBy, cause);
  });
  if (said.org !== org) throw notSaid(wantedBy, new Error(`it wants those of ${said.org}`));
  return said.sealTo;
}

export interface Sought {
  org: OrgId;
  key: SealKey;
  sealed: { by: string; text: string };
  to: CellId;
  nowMs: number;
}

/** Throws `forbidden`: it is from no cell that this one knows, or not for it. */
export async function openSealed(
  cells: NamedCells,
  { org, key, sealed, to, nowMs }: Sought,
): Promise<SecretValues> {
  const by = cellIdSchema.parse(sealed.by);
  const signedBy = await keyOf(cells, by);
  try {
    const expected = { typ: secretsSealedType, schema: secretsSealedSchema, to, from: by, nowMs };
    const said = await verifyStatement(sealed.text, signedBy, expected);
    const { plaintext } = await compactDecrypt(said.jwe, key.privateKey, algorithms);
    const values = secretValuesSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)));
    if (said.org !== org || values.org !== org) throw new Error('they are of another organisation');
    return values;
  } catch {
    // No cause: what a parser says about it may hold a value.
    throw notSaid(by, null);
  }
}

async function keyOf(cells: NamedCells, id: CellId): Promise<CryptoKey> {
  const key = cells.cellNamed(id)?.key;
  if (key) return (await importJWK(key, 'EdDSA')) as CryptoKey;
  throw new CellbookError('secrets_unavailable', {
    doing,
    problem: `the pins that this cell has name no key of ${id}`,
    next: 'Newer pins reach it with the next request through the edge; else publish some that name the key.',
    ids: { cell: id },
  });
}

const doing = 'passing secrets from cell to cell';

const notSaid = (cell: CellId, cause: unknown): CellbookError =>
  new CellbookError('forbidden', {
    doing,
    problem: `this is not what ${cell} has signed, or not for this`,
    next: 'Somebody between the cells has changed it: look who runs the edge.',
    ids: { cell },
    cause,
  });
