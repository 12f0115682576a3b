import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from './cache.ts';
import { scannerPath } from './osv-scanner.ts';
import { scanPackages } from './scan.ts';
import { readScan } from './scan-report.ts';
import { madeUpId, makeUpDatabase } from './testing/made-up-database.ts';

const directory = mkdtempSync(join(tmpdir(), 'cellbook-scan-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('what a scanner says of an image', () => {
  const found = {
    results: [
      {
        packages: [
          {
            package: { name: 'less', version: '590' },
            groups: [{ ids: ['CVE-1', 'DSA-1'], max_severity: '7.5' }],
          },
          { package: { name: 'nano', version: '7' }, groups: [{ ids: ['CVE-2'] }] },
        ],
      },
    ],
  };

  it('is each vulnerability with its package', () => {
    const scan = readScan('s', { code: 1, out: JSON.stringify(found), said: '' });
    expect(scan).toEqual({
      ...{ status: 'scanned', scanner: 's' },
      findings: [
        { package: 'less', version: '590', ids: ['CVE-1', 'DSA-1'], severity: '7.5' },
        { package: 'nano', version: '7', ids: ['CVE-2'], severity: '' },
      ],
    });
  });

  it('is nothing where its database was not reached, though it prints that it found nothing', () => {
    const said = 'Scanned 340 packages\nError during extraction: no such host\n';
    for (const code of [127, 128, null])
      expect(readScan('s', { code, out: '{"results":[]}', said })).toEqual({
        ...{ status: 'not_scanned', scanner: 's', why: 'Error during extraction: no such host' },
      });
  });
});

/** Built on demand (two minutes of Go): where nobody has asked for it yet, that is said and not tried. */
const scanner = scannerPath(cacheDirectory());
describe.runIf(existsSync(scanner))('the scanner itself (npm run scan builds it)', () => {
  const packages = join(directory, 'status');
  writeFileSync(
    packages,
    'Package: less\nStatus: install ok installed\nArchitecture: amd64\nMaintainer: nobody\nVersion: 590-2\nDescription: a pager\n',
  );

  it('without a database it has scanned nothing', { timeout: 60_000 }, async () => {
    const database = join(directory, 'none');
    mkdirSync(database);
    expect(await scanPackages({ scanner, packages, database })).toMatchObject({ status: 'not_scanned' });
  });

  it('finds what a database has against a package', { timeout: 60_000 }, async () => {
    const database = join(directory, 'osv');
    makeUpDatabase(database, { against: 'less' });
    expect(await scanPackages({ scanner, packages, database })).toMatchObject({
      ...{ status: 'scanned' },
      findings: [{ package: 'less', version: '590-2', ids: [madeUpId] }],
    });
  });
});
