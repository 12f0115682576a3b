import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeApi } from './open-api.ts';

test('the checked-in description of the API is current (node cells/src/api/describe.ts writes it)', async () => {
  const checkedIn: unknown = JSON.parse(
    await readFile(new URL('../../openapi.json', import.meta.url), 'utf8'),
  );
  expect(checkedIn).toEqual(JSON.parse(JSON.stringify(await describeApi())));
});

test('every write that is not idempotent by itself takes an Idempotency-Key, and every operation says what it does', async () => {
  const description = JSON.parse(JSON.stringify(await describeApi())) as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { summary?: string; tags?: string[]; parameters?: { name: string }[] }>
    >;
  };
  expect(description.openapi).toBe('3.1.0');
  const operations = Object.values(description.paths).flatMap((path) => Object.entries(path));
  expect(operations.length).toBeGreaterThanOrEqual(10);
  for (const [method, operation] of operations) {
    expect(operation.summary).toBeTruthy();
    const takesKey = operation.parameters?.some(({ name }) => name === 'idempotency-key') ?? false;
    const isIdempotent = ['secrets', 'settings'].some((tag) => operation.tags?.includes(tag));
    expect(takesKey, operation.summary).toBe(method !== 'get' && !isIdempotent);
  }
});
