import { expect, test } from 'vitest';
import { seededRandom } from './random.ts';
import { continueTrace, formatTraceparent } from './trace.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('keeps the trace and draws a new span for the next hop', () => {
  const next = continueTrace(parent, seededRandom(1));
  expect(next.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(next.spanId).not.toBe('b7ad6b7169203331');
  expect(formatTraceparent(next)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test.each([
  null,
  undefined,
  '',
  'rubbish',
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  `${parent}-x`,
])('starts a new trace for %j', (header) => {
  const next = continueTrace(header, seededRandom(2));
  expect(next.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(next.traceId).not.toBe('0af7651916cd43dd8448eb211c80319c');
});

test('an unsampled parent stays unsampled', () => {
  expect(formatTraceparent(continueTrace(parent.replace(/01$/, '00'), seededRandom(3)))).toMatch(/-00$/);
});
