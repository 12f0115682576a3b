import type { MeteredRow } from '@cellbook/shared/protocol/usage-api.ts';
import { expect, test } from 'vitest';
import { usageCsv, usageHeadings, usageRows } from './usage-rows.ts';

const hour = { seconds: 3_600, byteSeconds: 3_600 * 2 * 1024 ** 3 };
const nothing = { seconds: 0, byteSeconds: 0 };
const row: MeteredRow = {
  ...{ start: '2026-03-01T00:00:00.000Z', key: 'ws-1', name: '=1+1, "really"', running: hour, sandboxes: [] },
  ...{ live: nothing, memory: nothing, memoryRemote: nothing, files: hour, versions: nothing },
  environment: nothing,
  egress: { upBytes: 1024 ** 2, downBytes: 7 },
};

test('what was used is read in hours and GiB hours, under one heading each', () => {
  const table = { group: 'workspace' as const, rows: [row, { ...row, key: null, name: null }] };
  expect(usageRows(table)).toEqual([
    [
      '2026-03-01 00:00',
      '=1+1, "really"',
      '1.00',
      '2.000',
      '0.00',
      '0.000',
      '0.000',
      '2.000',
      '0.000',
      '0.000',
      '1.0',
      '0.0',
    ],
    expect.arrayContaining(['(none)']),
  ]);
  expect(usageHeadings(table)).toHaveLength(usageRows(table)[0]?.length ?? 0);
});

test('the same as CSV has every number as it was counted, and no text that a spreadsheet would run', () => {
  const [headings = '', line = ''] = usageCsv({ rows: [row] }).split('\r\n');
  expect(headings.split(',').slice(0, 5)).toEqual([
    'start',
    'key',
    'name',
    'running_seconds',
    'running_byte_seconds',
  ]);
  expect(line).toContain(`ws-1,"'=1+1, ""really""",3600,7730941132800,`);
  expect(line.endsWith(',1048576,7')).toBe(true);
});
