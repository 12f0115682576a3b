import { expect, test } from 'vitest';
import { kernelIdSchema, newKernelId, newUserId, newWorkspaceId, workspaceIdSchema } from './ids.ts';
import { seededRandom, systemRandom } from './random.ts';

test('a workspace id is a DNS label, so that it can be the first label of its own origin', () => {
  const id = newWorkspaceId(systemRandom);
  expect(id).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/);
  expect(workspaceIdSchema.parse(id)).toBe(id);
});

test.each([
  '',
  'ws-',
  'ws-short',
  'WS-0123456789abcdefghjk',
  'user-0123456789abcdefghjk',
  'ws-0123456789abcdefghj/',
  'ws-ilou56789abcdefghjkm',
])('refuses %j as a workspace id', (text) => expect(workspaceIdSchema.safeParse(text).success).toBe(false));

test('one kind of id never parses as another', () => {
  expect(workspaceIdSchema.safeParse(newUserId(systemRandom)).success).toBe(false);
});

test('kernel ids are UUIDs of version 4', () => {
  expect(kernelIdSchema.parse(newKernelId(systemRandom))).toMatch(/^.{14}4.{4}[89ab]/);
});

test('ten thousand ids from one seed do not repeat', () => {
  const random = seededRandom(7);
  expect(new Set(Array.from({ length: 10_000 }, () => newWorkspaceId(random))).size).toBe(10_000);
});
