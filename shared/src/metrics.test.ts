import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('two modules that ask for one name count together', async () => {
  const metrics = createMetrics();
  metrics.counter('cellbook_test_total', 'Things.', ['kind']).inc({ kind: 'a' });
  metrics.counter('cellbook_test_total', 'Things.', ['kind']).inc({ kind: 'a' });
  const { body, contentType } = await metrics.render();
  expect(body).toContain('cellbook_test_total{kind="a"} 2');
  expect(contentType).toContain('text/plain');
});

test('registries of two programs in one process stay apart', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.gauge('cellbook_test_depth', 'Depth.').set(3);
  expect((await other.render()).body).not.toContain('cellbook_test_depth');
});
