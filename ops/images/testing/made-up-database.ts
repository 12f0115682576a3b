/** A copy of the OSV database in which one vulnerability of one Debian package is known, as `npm run scan` reads it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const madeUpId = 'MADE-UP-1';

/** CVSS 9.8. */
const critical = { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' };

export interface MadeUp {
  /** The package. */
  against: string;
  isCritical?: boolean;
}

export function makeUpDatabase(directory: string, { against, isCritical = false }: MadeUp): void {
  const debian = join(directory, 'osv-scalibr/Debian');
  mkdirSync(debian, { recursive: true });
  const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '9999' }] }];
  const affected = ['11', '12', '13'].map((release) => ({
    package: { ecosystem: `Debian:${release}`, name: against },
    ranges,
  }));
  const about = { schema_version: '1.6.0', id: madeUpId, modified: '2026-01-01T00:00:00Z' };
  const known = { ...about, affected, ...(isCritical && { severity: [critical] }) };
  const entry = join(directory, `${madeUpId}.json`);
  const copy = join(debian, 'all.zip');
  writeFileSync(entry, JSON.stringify(known));
  execFileSync('python3', ['-m', 'zipfile', '-c', copy, entry]);
}
