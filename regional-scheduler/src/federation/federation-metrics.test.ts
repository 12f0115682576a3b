import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { expect, it } from 'vitest';
import { federationMetrics } from './federation-metrics.ts';

it('is at zero from the start for each trouble and each other region: the first one that comes is a rise', async () => {
  const metrics = createMetrics();
  federationMetrics(
    metrics,
    ['us', 'ap'].map((region) => regionIdSchema.parse(region)),
  );
  const { body } = await metrics.render();
  const series = body.split('\n').filter((line) => /^[^#].*\{/.test(line));
  const misheard = ['refused', 'unreadable'].map(
    (trouble) => `guardian_misheard_total{trouble="${trouble}"} 0`,
  );
  const unread = ['us', 'ap'].flatMap((from) =>
    ['message', 'job'].map((what) => `copies_unread_total{from="${from}",what="${what}"} 0`),
  );
  expect(series.sort()).toEqual([...misheard, ...unread].map((one) => `cellbook_scheduler_${one}`).sort());
});
