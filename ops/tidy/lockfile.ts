/**
 * `node ops/tidy/lockfile.ts`: names in package-lock.json what a package has for other platforms. npm leaves an
 * optional package out that its registry does not have, and `npm ci` then refuses the lockfile on every platform. What
 * is added carries the version that its package asks for and the platform that its name says, and no integrity, since
 * nobody here has its bytes: npm adds that where it installs it. No other entry changes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkoutDirectory } from '../up/config.ts';

const entrySchema = z.looseObject({ optionalDependencies: z.record(z.string(), z.string()).optional() });
const lockSchema = z.looseObject({ packages: z.record(z.string(), entrySchema) });
export type Lock = z.infer<typeof lockSchema>;

export interface Missing {
  of: string;
  name: string;
  version: string;
  dev: boolean;
}

const path = join(checkoutDirectory, 'package-lock.json');

/** As it is: what is parsed anew has its fields in another order, and would be another file. */
export function readLock(): Lock {
  const lock: Lock = JSON.parse(readFileSync(path, 'utf8'));
  lockSchema.parse(lock);
  return lock;
}

/** Optional packages that nothing in the lockfile is found for, from where they are asked for upwards. */
export function missingOptional({ packages }: Lock): Missing[] {
  return Object.entries(packages).flatMap(([of, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isFound(packages, of, name))
      .map(([name, version]) => ({ of, name, version, dev: dev === true })),
  );
}

function isFound(packages: Lock['packages'], from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (!at.includes('node_modules/')) return at !== '' && isFound(packages, '', name);
  }
}

export function completed(lock: Lock): Lock {
  const added = missingOptional(lock).map(({ name, version, dev }) => [
    `node_modules/${name}`,
    { version, ...platformOf(name), ...(dev && { dev: true }), optional: true },
  ]);
  const all = [...Object.entries(lock.packages), ...added] as [string, Lock['packages'][string]][];
  const byName = all.toSorted(([one], [other]) => one.localeCompare(other, 'en'));
  return { ...lock, packages: Object.fromEntries(byName) };
}

/** As such packages are named: `…-darwin-arm64`, `…-linux-x64-musl`, `…-windows-64`. */
function platformOf(name: string): { os?: string[]; cpu: string[]; libc?: string[] } {
  const first = (table: Record<string, string>) =>
    Object.entries(table).find(([part]) => name.includes(part))?.[1];
  const os = first({
    android: 'android',
    darwin: 'darwin',
    win32: 'win32',
    windows: 'win32',
    linux: 'linux',
  });
  const cpu = first({
    ...{ arm64: 'arm64', x64: 'x64', ppc64: 'ppc64', riscv64: 'riscv64', s390x: 's390x' },
    ...{ ia32: 'ia32', wasm32: 'wasm32', '-64': 'x64' },
  });
  const libc = first({ musl: 'musl', gnu: 'glibc' });
  if (cpu === undefined) throw new Error(`${name} does not say which platform it is for`);
  return { ...(os && { os: [os] }), cpu: [cpu], ...(libc && { libc: [libc] }) };
}

if (import.meta.main) {
  const lock = readLock();
  for (const { name, version } of missingOptional(lock)) console.log(`+ ${name} ${version}`);
  writeFileSync(path, `${JSON.stringify(completed(lock), null, 2)}\n`);
}
