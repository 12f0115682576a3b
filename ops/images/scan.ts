/**
 * `npm run -s scan [-- --offline]`: looks up every package of the sandbox image in the OSV database, prints the result
 * as one line of JSON and keeps it beside the image (`scan.json`). It ends with 0 where nothing is known against it,
 * 1 where something is, and 2 where it could not be found out: then the image is not scanned, and says so.
 *
 * Where OSV cannot be reached, a copy is read, as with `--offline`: from `<cache>/osv/osv-scalibr/Debian/all.zip`, which an operator without a way
 * out copies from osv-vulnerabilities.storage.googleapis.com/Debian/all.zip, with its time (`curl -R`): the result says
 * of when it is. Hosts read what is kept (cells/src/host/image-scan) and tell it by a metric and an alert.
 */
import { execFile } from 'node:child_process';
import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { type BuiltImage, ensureImage } from './build.ts';
import { cacheDirectory, type Progress } from './cache.ts';
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

/** When the copy of the database was made, by its file's time; null where there is none. */
async function takenAt(database: string): Promise<string | null> {
  const copy = await stat(join(database, 'osv-scalibr/Debian/all.zip')).catch(() => null);
  return copy?.mtime.toISOString() ?? null;
}

export interface ImageToScan {
  /** Holds `rootfs/`; the result lies beside it. */
  image: BuiltImage;
  scanner: string;
  /** Where a copy of the database is looked for. */
  database: string;
  /** Only the copy is read. */
  isOffline: boolean;
  progress: Progress;
}

/** Looks everything up and keeps what was found, or that nothing was found out. */
export async function scanImage({ image, scanner, database, isOffline, progress }: ImageToScan) {
  const asked = { scanner, packages: join(image.directory, 'rootfs/var/lib/dpkg/status') };
  const databaseAt = await takenAt(database);
  let scan = await scanPackages({ ...asked, ...(isOffline && { database }) });
  let isOfCopy = isOffline;
  if (scan.status === 'not_scanned' && !isOffline && databaseAt !== null) {
    progress(`OSV was not reached (${scan.why}): the copy of ${databaseAt} is read`);
    scan = await scanPackages({ ...asked, database });
    isOfCopy = true;
  }
  const scannedAt = new Date(systemClock.nowMs()).toISOString();
  const known = isOfCopy && databaseAt !== null && { databaseAt };
  const result = { image: image.digest, scannedAt, ...known, ...scan };
  const path = join(image.directory, 'scan.json');
  await writeFile(`${path}.draft`, JSON.stringify(result));
  await rename(`${path}.draft`, path);
  return result;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { offline: { type: 'boolean', default: false } } });
  const cache = cacheDirectory();
  const progress = (line: string) => console.error(line);
  const image = await ensureImage({ cacheDirectory: cache, progress });
  const scanner = await ensureScanner(cache, progress);
  const database = join(cache, 'osv');
  const scan = await scanImage({ image, scanner, database, isOffline: values.offline, progress });
  console.log(JSON.stringify(scan));
  if (scan.status === 'not_scanned') return 2;
  return scan.findings.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
