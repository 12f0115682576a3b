import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function start(perTurn: number) {
  const turns = new Turns(perTurn);
  const went: number[] = [];
  const give = (...numbers: number[]) => {
    for (const number of numbers) turns.give(() => void went.push(number));
  };
  return { turns, went, give };
}

test('lets so many go on in a turn of the loop, the others in their order in those after it', async () => {
  const { went, give } = start(2);
  give(1, 2, 3, 4, 5);
  expect(went).toEqual([1, 2]);
  await turn();
  expect(went).toEqual([1, 2, 3, 4]);
  give(6, 7);
  expect(went).toEqual([1, 2, 3, 4]);
  await turn();
  expect(went).toEqual([1, 2, 3, 4, 5, 6]);
  await turn();
  expect(went).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('lets one go on at once where nobody waits, also long after a crowd', async () => {
  const { went, give } = start(1);
  give(1, 2);
  for (let count = 0; count < 4; count++) await turn();
  give(3);
  expect(went).toEqual([1, 2, 3]);
});

test('counts those that begin another one in their own turn', async () => {
  const { turns, went, give } = start(2);
  turns.give(() => give(1, 2));
  expect(went).toEqual([1]);
  await turn();
  expect(went).toEqual([1, 2]);
});

test('something that comes in is served between them', async () => {
  const { went, give } = start(8);
  give(...Array.from({ length: 64 }, (_, index) => index));
  await turn();
  const { port1, port2 } = new MessageChannel();
  const served = once(port2, 'message').then(() => went.length);
  port1.postMessage('');
  expect(await served).toBeLessThan(64);
  port1.close();
});
