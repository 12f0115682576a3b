/**
 * The key that checkpoints are signed with: a file beside the cell's data, never in the database. The file is a
 * list: the first key signs, all of them verify, so that keys can follow each other. Made at the first start.
 */
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type AuditKey,
  type AuditPublicKey,
  auditKeySchema,
  auditPublicKeySchema,
} from '@cellbook/shared/audit/statements.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';

const keyFileSchema = z.tuple([auditKeySchema], auditPublicKeySchema);

export type AuditKeys = z.infer<typeof keyFileSchema>;

export async function openAuditKeys(path: string, random: Random): Promise<AuditKeys> {
  return (await readAuditKeys(path)) ?? [await createKey(path, random)];
}

/** Null when there is no such file. */
export async function readAuditKeys(path: string): Promise<AuditKeys | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return keyFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CellbookError('bad_request', {
      doing: `reading the key of the audit log from ${path}`,
      problem: 'it is no list of Ed25519 keys whose first is a private one',
      next: 'Bring the file back from a backup; a new key leaves older checkpoints unverifiable.',
      cause,
    });
  }
}

const publicKeysSchema = z.array(auditPublicKeySchema).min(1);

/** What verification needs of the file: public halves, whether or not there are private ones. */
export async function readVerificationKeys(path: string): Promise<AuditPublicKey[]> {
  return publicKeysSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}

async function createKey(path: string, random: Random): Promise<AuditKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const key = auditKeySchema.parse({ ...(await exportJWK(privateKey)), kid: `audit-${random.uuid()}` });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify([key]));
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}
