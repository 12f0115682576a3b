import { expect, test } from 'vitest';
import { OutstandingRequest } from './outstanding-request.ts';

const parent = (id: string) => Buffer.from(JSON.stringify({ msg_id: id }));
const header = (type: string) => Buffer.from(JSON.stringify({ msg_type: type }));
const status = (state: string) => Buffer.from(JSON.stringify({ execution_state: state }));
const reply = Buffer.from('{"status":"ok"}');

async function isDone(answer: Promise<number>): Promise<boolean> {
  return Promise.race([answer.then(() => true), Promise.resolve(false)]);
}

test('a request is done only when its reply and its idle status have both come, in either order', async () => {
  for (const first of ['reply', 'idle']) {
    const request = new OutstandingRequest();
    const answer = request.start('m1');
    request.saw(header('status'), parent('m1'), status('busy'));
    if (first === 'reply') request.saw(header('execute_reply'), parent('m1'), reply);
    else request.saw(header('status'), parent('m1'), status('idle'));
    expect(await isDone(answer)).toBe(false);
    if (first === 'reply') request.saw(header('status'), parent('m1'), status('idle'));
    else request.saw(header('execute_reply'), parent('m1'), reply);
    expect(await answer).toBeGreaterThanOrEqual(0);
  }
});

test("another client's messages are not taken for this one's", async () => {
  const request = new OutstandingRequest();
  const answer = request.start('mine');
  request.saw(header('execute_reply'), parent('theirs'), reply);
  request.saw(header('status'), parent('theirs'), status('idle'));
  expect(await isDone(answer)).toBe(false);
  request.fail(new Error('closed'));
  await expect(answer).rejects.toThrow('closed');
});

test('a second request before the first is answered is refused', () => {
  const request = new OutstandingRequest();
  request.start('m1').catch(() => undefined);
  expect(() => request.start('m2')).toThrow();
  request.fail(new Error('end of test'));
});
