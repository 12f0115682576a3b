import { expect, test } from 'vitest';
import { createLogger } from './log.ts';

function capture() {
  const lines: string[] = [];
  const log = createLogger({
    program: 'cell',
    fields: { cellId: 'a' },
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines };
}

test('a line is one JSON object with the program, its fields and an ISO time', () => {
  const { log, lines } = capture();
  log.info({ workspaceId: 'ws-1' }, 'resumed');
  const line = JSON.parse(lines[0]!);
  expect(line).toMatchObject({ program: 'cell', cellId: 'a', workspaceId: 'ws-1', msg: 'resumed' });
  expect(new Date(line.time).toISOString()).toBe(line.time);
});

test.each([
  { token: 'hunter2' },
  { cookie: 'hunter2' },
  { request: { authorization: 'hunter2' } },
  { headers: { 'cellbook-principal': 'hunter2' } },
  { request: { headers: { 'cellbook-principal': 'hunter2' } } },
])('never writes a secret: %j', (fields) => {
  const { log, lines } = capture();
  log.info(fields, 'x');
  expect(lines.join('')).not.toContain('hunter2');
});
