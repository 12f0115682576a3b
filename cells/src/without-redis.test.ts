import { expect, test } from 'vitest';
import { startCellProcess } from './testing/cell-process.ts';

test('with Redis down a cell starts, is ready, creates, tells of changes and stops', async () => {
  // Nothing listens there.
  const cell = await startCellProcess({
    REDIS_URL: 'redis://127.0.0.1:1',
    CELLBOOK_SANDBOX_DRIVER: 'process',
  });
  try {
    const ready = await fetch(`${cell.url}/readyz`);
    expect(await ready.json()).toMatchObject({ ok: true, database: true, redis: false });
    const headers = await cell.headers();
    const abort = new AbortController();
    const events = await fetch(`${cell.url}/v1/events`, { headers, signal: abort.signal });
    const made = await fetch(`${cell.url}/v1/workspaces`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({ name: 'without Redis' }),
    });
    expect(made.status).toBe(201);
    let told = '';
    for await (const chunk of events.body ?? []) {
      told += Buffer.from(chunk).toString();
      if (told.includes('without Redis')) break;
    }
    abort.abort();
    expect(told).toContain('event: workspace');
  } finally {
    await cell.stop();
  }
});
