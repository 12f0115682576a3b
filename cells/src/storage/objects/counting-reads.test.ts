import { createMetrics } from '@cellbook/shared/metrics.ts';
import { expect, test } from 'vitest';
import { countingReads } from './counting-reads.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';

test('what comes from the store is counted by what it is of, and what is not there is nothing', async () => {
  const metrics = createMetrics();
  const store = createMemoryObjectStore();
  const signal = new AbortController().signal;
  await store.put('one', Buffer.from('12345'), signal);
  const files = countingReads(store, metrics, 'files');
  const memory = countingReads(store, metrics, 'memory');
  for (const each of [files, files, memory]) expect(String(await each.get('one', signal))).toBe('12345');
  expect(await memory.get('none', signal)).toBeNull();
  const { body } = await metrics.render();
  expect(body).toContain('fetched_bytes_total{what="files"} 10');
  expect(body).toContain('fetched_bytes_total{what="memory"} 5');
});
