import { expect, test } from 'vitest';
import { FairTurns } from './fair-turns.ts';

function start(waitingMax = 100) {
  const turns = new FairTurns(waitingMax, 'testing');
  const done: string[] = [];
  let under = 0;
  const work = (name: string) => async () => {
    expect(++under).toBe(1);
    await Promise.resolve();
    under--;
    done.push(name);
  };
  return { done, ask: (asker: string, name: string) => turns.run(asker, work(name)) };
}

test('one at a time, and askers take turns however many each has waiting', async () => {
  const { done, ask } = start();
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name));
  all.push(ask('b', 'b1'), ask('b', 'b2'), ask('c', 'c1'));
  await Promise.all(all);
  expect(done).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

test('one that fails ends its own turn and no other', async () => {
  const { done, ask } = start();
  const turns = new FairTurns(10, 'testing');
  const failing = turns.run('a', () => Promise.reject(new Error('x')));
  const next = turns.run('a', async () => 'done');
  await expect(failing).rejects.toThrow('x');
  expect(await next).toBe('done');
  await ask('a', 'later');
  expect(done).toEqual(['later']);
});

test('an asker with too many waiting is refused, and nobody else is', async () => {
  const { done, ask } = start(2);
  const waiting = ['a0', 'a1', 'a2'].map((name) => ask('a', name));
  const [refused, other] = [ask('a', 'a3'), ask('b', 'b1')];
  await expect(refused).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1_000 });
  await Promise.all([...waiting, other]);
  expect(done).toEqual(['a0', 'a1', 'b1', 'a2']);
});
