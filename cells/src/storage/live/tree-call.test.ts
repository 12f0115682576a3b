import { expect, it } from 'vitest';
import { treeCall, treeCallsAtOnce } from './tree-call.ts';

it('leaves threads to whoever brings the bytes that the others wait for', () => {
  expect([32, 4, 2, 1].map(treeCallsAtOnce)).toEqual([24, 3, 1, 1]);
});

it('lets no more calls into users’ files wait at once than that, and all in the end', async () => {
  const most = treeCallsAtOnce(Number(process.env.UV_THREADPOOL_SIZE) || 4);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let waiting = 0;
  const call = () =>
    treeCall(async () => {
      waiting += 1;
      await gate;
      waiting -= 1;
    });
  const calls = Array.from({ length: most * 2 }, call);
  expect(waiting).toBe(most);
  open();
  await Promise.all(calls);
  expect(waiting).toBe(0);
});
