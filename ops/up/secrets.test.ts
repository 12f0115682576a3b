import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptSecret } from './secrets.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cellbook-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('draws a secret once, keeps it, and lets only its owner read it', () => {
  const random = seededRandom(1);
  const first = keptSecret(directory, 'postgres', random);
  expect(first).toMatch(/^[\w-]{32}$/);
  expect(keptSecret(directory, 'postgres', random)).toBe(first);
  expect(keptSecret(directory, 'redis', random)).not.toBe(first);
  expect(statSync(join(directory, 'postgres')).mode & 0o777).toBe(0o600);
});
