import { expect, test } from 'vitest';
import { Batcher, type BatcherOptions } from './batcher.ts';

/** Batches that end when told. */
function held(options: Partial<BatcherOptions<number, string>> = {}) {
  const batches: { items: readonly number[]; end: PromiseWithResolvers<readonly string[]> }[] = [];
  const run = (items: readonly number[]) => {
    const end = Promise.withResolvers<readonly string[]>();
    batches.push({ items, end });
    return end.promise;
  };
  const batcher = new Batcher<number, string>({ run, batchMax: 3, lanesMax: 1, ...options });
  const end = (index: number) => {
    const batch = batches[index];
    batch?.end.resolve(batch.items.map((item) => `answer ${item}`));
  };
  return { batcher, batches, end, items: () => batches.map((batch) => batch.items) };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('asks a lone question at once, and what comes meanwhile together, at most so many', async () => {
  const { batcher, items, end } = held();
  const first = batcher.ask(1);
  await turn();
  expect(items()).toEqual([[1]]);
  const others = [2, 3, 4, 5].map((item) => batcher.ask(item));
  await turn();
  expect(items()).toEqual([[1]]);
  end(0);
  expect(await first).toBe('answer 1');
  await turn();
  expect(items()).toEqual([[1], [2, 3, 4]]);
  end(1);
  await turn();
  end(2);
  expect(await Promise.all(others)).toEqual(['answer 2', 'answer 3', 'answer 4', 'answer 5']);
  expect(items()).toEqual([[1], [2, 3, 4], [5]]);
});

test('never puts two of one key into a batch, and keeps their order', async () => {
  const { batcher, items, end } = held({ keyOf: (item) => `${item % 10}` });
  const asked = [1, 11, 2, 21].map((item) => batcher.ask(item));
  await turn();
  end(0);
  await turn();
  end(1);
  await turn();
  end(2);
  await Promise.all(asked);
  expect(items()).toEqual([[1, 2], [11], [21]]);
});

test('has as many batches under way as it has lanes, and goes on after one that failed', async () => {
  const { batcher, batches, items, end } = held({ lanesMax: 2, batchMax: 1 });
  const [failed, ...rest] = [1, 2, 3].map((item) => batcher.ask(item));
  await turn();
  expect(items()).toEqual([[1], [2]]);
  batches[0]?.end.reject(new Error('the store is away'));
  await expect(failed).rejects.toThrow('the store is away');
  await turn();
  end(1);
  end(2);
  expect(await Promise.all(rest)).toEqual(['answer 2', 'answer 3']);
});

test('asks for each alone where one of a batch may be to blame, and what fails then fails alone', async () => {
  const misfit = new Error('it fits no column');
  const asked: (readonly number[])[] = [];
  const run = async (items: readonly number[]) => {
    asked.push(items);
    if (items.includes(2)) throw misfit;
    return items.map((item) => `answer ${item}`);
  };
  const isOfOne = (error: unknown) => error === misfit;
  const batcher = new Batcher<number, string>({ run, isOfOne, batchMax: 3, lanesMax: 1 });
  const settled = await Promise.allSettled([1, 2, 3].map((item) => batcher.ask(item)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(asked).toEqual([[1, 2, 3], [1], [2], [3]]);
});

test('refuses a batch whose answers are too few, rather than leaving an asker without one', async () => {
  const { batcher, batches } = held();
  const asked = [1, 2].map((item) => batcher.ask(item));
  const settled = Promise.allSettled(asked);
  await turn();
  batches[0]?.end.resolve(['answer 1']);
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});
