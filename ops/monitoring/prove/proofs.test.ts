import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allAlerts } from '../all-rules.ts';
import { proofs } from './prove.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const [bySeriesAlone = ''] = readme.split('By series alone:')[1]?.split('\n\n') ?? [];

it('each alert has its cause made on a real platform, or is said to be tried by series alone', () => {
  const names = allAlerts.map(({ name }) => name);
  const made = new Set(proofs.flatMap((proof) => proof.alerts));
  expect([...made].filter((name) => !names.includes(name))).toEqual([]);
  const slow = (name: string) => name.endsWith('BurnsSlowly');
  const unsaid = names.filter(
    (name) => !made.has(name) && !slow(name) && !bySeriesAlone.includes(`\`${name}\``),
  );
  expect(unsaid).toEqual([]);
  expect([...made].filter((name) => bySeriesAlone.includes(`\`${name}\``))).toEqual([]);
});

it('every cause stands in the README with its alerts', () => {
  const rows = proofs.map(
    ({ cause, alerts }) => `| ${cause} | ${alerts.map((name) => `\`${name}\``).join(', ')} |`,
  );
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});
