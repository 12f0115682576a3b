import { heldByHeader } from '@cellbook/shared/protocol/parking-api.ts';
import { expect, test } from 'vitest';
import { answeredBy } from './attachment.ts';

test('which cell has answered, and where it is, is for the object alone', async () => {
  const headers = { [heldByHeader]: 'eu-1 http://10.0.0.7:9001', 'sec-websocket-protocol': 'v1' };
  const [browser] = Object.values(new WebSocketPair());
  const { cell, answer } = answeredBy(
    new Response(null, { status: 101, webSocket: browser ?? null, headers }),
  );
  expect(cell).toEqual({ id: 'eu-1', url: 'http://10.0.0.7:9001' });
  expect([...answer.headers]).toEqual([['sec-websocket-protocol', 'v1']]);
  expect(answer.webSocket).toBe(browser);
});

test('a refusal names no cell', () => {
  expect(answeredBy(Response.json({}, { status: 503 })).cell).toBeNull();
});
