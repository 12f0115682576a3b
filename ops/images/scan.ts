/**
 * `npm run -s scan [-- --offline]`: looks up every package of the sandbox image in the OSV database, prints the result
 * as one line of JSON and keeps it beside the image (`scan.json`). It ends with 0 where nothing is known against it,
 * 1 where something is, and 2 where it could not be found out: then the image is not scanned, and says so.
 *
 * With `--offline` the database is read from `<cache>/osv/osv-scalibr/Debian/all.zip`, which an operator without a way
 * out copies from osv-vulnerabilities.storage.googleapis.com/Debian/all.zip.
 */
import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { ensureImage } from './build.ts';
import { cacheDirectory } from './cache.ts';
import { ensureScanner, scannerVersion } from './osv-scanner.ts';
import { readScan, type Scan } from './scan-report.ts';

const deadlineMs = 300_000;

export interface ScanOptions {
  scanner: string;
  /** `var/lib/dpkg/status` of the image's root. */
  packages: string;
  /** Where a copy of the database lies; absent: OSV is asked. */
  database?: string;
}

export function scanPackages({ scanner, packages, database }: ScanOptions): Promise<Scan> {
  const offline = database === undefined ? [] : ['--offline', '--offline-vulnerabilities'];
  const argv = ['scan', 'source', ...offline, '--format=json', `--lockfile=dpkg-status:${packages}`];
  const env = { ...process.env, ...(database && { OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY: database }) };
  return new Promise((resolve) => {
    execFile(scanner, argv, { env, timeout: deadlineMs, maxBuffer: 256 * 2 ** 20 }, (error, out, said) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve(readScan(`osv-scanner ${scannerVersion}`, { code, out, said: said || String(error) }));
    });
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { offline: { type: 'boolean', default: false } } });
  const cache = cacheDirectory();
  const progress = (line: string) => console.error(line);
  const image = await ensureImage({ cacheDirectory: cache, progress });
  const scan = await scanPackages({
    scanner: await ensureScanner(cache, progress),
    packages: join(image.directory, 'rootfs/var/lib/dpkg/status'),
    ...(values.offline && { database: join(cache, 'osv') }),
  });
  const scannedAt = new Date(systemClock.nowMs()).toISOString();
  const result = JSON.stringify({ image: image.digest, scannedAt, ...scan });
  const path = join(image.directory, 'scan.json');
  await writeFile(`${path}.draft`, result);
  await rename(`${path}.draft`, path);
  console.log(result);
  if (scan.status === 'not_scanned') return 2;
  return scan.findings.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
