import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@cellbook/shared/random.ts';

/** A secret of this home: drawn once, kept in `keys/` for its owner's eyes. */
export function keptSecret(keysDirectory: string, name: string, random: Random, bytes?: number): string {
  return readFileSync(keptSecretFile(keysDirectory, name, random, bytes), 'utf8').trim();
}

/** The same for a program that is told where the secret lies. */
export function keptSecretFile(keysDirectory: string, name: string, random: Random, bytes = 24): string {
  const path = join(keysDirectory, name);
  if (existsSync(path)) return path;
  const secret = Buffer.from(random.bytes(bytes)).toString('base64url');
  // Written beside and renamed: a start cut short never leaves half a secret behind.
  writeFileSync(`${path}.new`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}
