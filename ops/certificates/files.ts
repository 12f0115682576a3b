/**
 * How certificates lie on disk. An authority's directory has `ca.crt` and `ca.key`; one that a program is given
 * (CELLBOOK_TLS_DIR) has `tls.crt`, `tls.key` and `ca.crt`, the authorities it believes. Each file appears whole;
 * a program that reads between two of them keeps what it has and looks again.
 */
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PemPair } from '@cellbook/shared/certificates/authority.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export async function readAuthority(directory: string): Promise<PemPair> {
  const [certificate, key] = await readPem(directory, ['ca.crt', 'ca.key']);
  if (certificate && key) return { certificate, key };
  throw new CellbookError('not_found', {
    doing: `reading the authority in ${directory}`,
    problem: 'ca.crt or ca.key is not there',
    next: `Make one: npm run certificates -- init ${directory}`,
  });
}

export const writeAuthority = (directory: string, { certificate, key }: PemPair): Promise<void> =>
  writePem(directory, { 'ca.key': key, 'ca.crt': certificate });

export const writeIdentity = (directory: string, { certificate, key }: PemPair, believes: string) =>
  writePem(directory, { 'ca.crt': believes, 'tls.key': key, 'tls.crt': certificate });

/** Whether the certificate there is `name`'s, of this authority, and lasts a while yet. */
export async function isCurrent(
  directory: string,
  { name, authority, nowMs }: { name: string; authority: PemPair; nowMs: number },
): Promise<boolean> {
  const [certificate, key, believes] = await readPem(directory, ['tls.crt', 'tls.key', 'ca.crt']);
  if (!certificate || !key || !believes) return false;
  const own = new X509Certificate(certificate);
  const issuer = new X509Certificate(authority.certificate);
  const isOurs = own.checkIssued(issuer) && own.verify(issuer.publicKey) && own.checkHost(name) !== undefined;
  return isOurs && Date.parse(own.validTo) - nowMs > limits.certificates.renewBeforeMs;
}

function readPem(directory: string, files: readonly string[]): Promise<(string | null)[]> {
  const read = (file: string) => readFile(join(directory, file), 'utf8').catch(() => null);
  return Promise.all(files.map(read));
}

async function writePem(directory: string, files: Record<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [file, text] of Object.entries(files)) {
    await writeFile(join(directory, `${file}.new`), text, { mode: 0o600 });
    await rename(join(directory, `${file}.new`), join(directory, file));
  }
}
