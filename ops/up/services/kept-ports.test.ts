import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptPorts } from './kept-ports.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cellbook-ports-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const names = ['redis-eu-1', 'postgres-eu-1', 'cell-eu-1'] as const;

it('each program has a port of its own, the same at the next start', async () => {
  const first = await keptPorts(directory, names);
  expect(new Set(Object.values(first)).size).toBe(3);
  expect(await keptPorts(directory, names)).toEqual(first);
});

it('a port that somebody else has taken meanwhile is replaced, the others stay', async () => {
  const first = await keptPorts(directory, names);
  const other = createServer().listen(first['redis-eu-1'], '127.0.0.1');
  const second = await keptPorts(directory, names);
  expect(second['redis-eu-1']).not.toBe(first['redis-eu-1']);
  expect(second).toMatchObject({ 'cell-eu-1': first['cell-eu-1'], 'postgres-eu-1': first['postgres-eu-1'] });
  await new Promise((resolve) => other.close(resolve));
});

it('two that are kept on one port, or a file that cannot be read, are put right', async () => {
  writeFileSync(join(directory, 'ports'), JSON.stringify({ 'redis-eu-1': 20_001, 'cell-eu-1': 20_001 }));
  const mended = await keptPorts(directory, names);
  expect(mended['redis-eu-1']).not.toBe(mended['cell-eu-1']);
  writeFileSync(join(directory, 'ports'), '{"redis-eu-1":');
  expect(new Set(Object.values(await keptPorts(directory, names))).size).toBe(3);
});
