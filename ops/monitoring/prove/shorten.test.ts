import { expect, it } from 'vitest';
import { ruleFiles } from '../all-rules.ts';
import { promtool } from '../promtool.ts';
import { shorten } from './shorten.ts';

it('divides windows and waits, and leaves names, thresholds and everything else', () => {
  const text = `      - record: cellbook:x:bad_ratio_5m
        expr: rate(a[5m]) / rate(b[3d]) > 10
      - alert: A
        expr: 'increase(c[1h]) > 5'
        for: 2m
`;
  expect(shorten(text, 20)).toBe(`      - record: cellbook:x:bad_ratio_5m
        expr: rate(a[15s]) / rate(b[12960s]) > 10
      - alert: A
        expr: 'increase(c[180s]) > 5'
        for: 6s
`);
});

it('leaves no duration as it was, and Prometheus accepts what comes out', async () => {
  const files = Object.fromEntries(
    Object.entries(ruleFiles()).map(([name, text]) => [name, shorten(text, 20)]),
  );
  expect(Object.values(files).join('')).not.toMatch(/\[\d+[mhd]\]|for: \d+[mhd]/);
  expect(await promtool(files, 'check', 'rules', ...Object.keys(files))).toMatchObject({ ok: true });
});
