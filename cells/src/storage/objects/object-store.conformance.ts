/** What every object store must do; each implementation's test runs this suite. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObjectStore } from './object-store.ts';

export function describeObjectStore(
  name: string,
  open: () => Promise<{ store: ObjectStore; close(): Promise<void> }>,
): void {
  describe(`${name} as an object store`, () => {
    let store: ObjectStore;
    let close: () => Promise<void>;
    beforeAll(async () => ({ store, close } = await open()));
    afterAll(() => close());

    test('gives back the bytes that were put, and nothing for a key that was not', async () => {
      const bytes = Buffer.from([0, 255, 10, 13, 0]);
      await store.put('volumes/v1/chunks/abcdef', bytes);
      expect(await store.get('volumes/v1/chunks/abcdef')).toEqual(bytes);
      expect(await store.has('volumes/v1/chunks/abcdef')).toBe(true);
      expect(await store.get('volumes/v1/chunks/abcdee')).toBeNull();
      expect(await store.has('volumes/v1/chunks/abcdee')).toBe(false);
    });

    test('an empty object is an object', async () => {
      await store.put('empty', new Uint8Array());
      expect(await store.get('empty')).toEqual(Buffer.alloc(0));
    });

    test('a repeated put of the same object is harmless, also at once', async () => {
      const bytes = Buffer.alloc(100_000, 7);
      await Promise.all(Array.from({ length: 8 }, () => store.put('same/0123', bytes)));
      expect(await store.get('same/0123')).toEqual(bytes);
    });

    test('the store keeps its own copy of what it was given and gives', async () => {
      const bytes = Buffer.from('before');
      await store.put('copy/0123', bytes);
      bytes.write('after!');
      (await store.get('copy/0123'))?.write('change');
      expect((await store.get('copy/0123'))?.toString()).toBe('before');
    });

    test('a deleted object is gone, and deleting twice is harmless', async () => {
      await store.put('gone/0123', Buffer.from('x'));
      await store.delete('gone/0123');
      await store.delete('gone/0123');
      expect(await store.get('gone/0123')).toBeNull();
    });

    test('lists the keys under a prefix, in order, and no others', async () => {
      for (const key of ['list/b/2', 'list/a', 'list/b/1', 'list/bb', 'lists/z', 'list/ab12', 'list/ab34'])
        await store.put(key, Buffer.from(key));
      expect(await keys(store, 'list/')).toEqual([
        'list/a',
        'list/ab12',
        'list/ab34',
        'list/b/1',
        'list/b/2',
        'list/bb',
      ]);
      expect(await keys(store, 'list/b')).toEqual(['list/b/1', 'list/b/2', 'list/bb']);
      expect(await keys(store, 'list/ab3')).toEqual(['list/ab34']);
      expect(await keys(store, 'nothing/')).toEqual([]);
    });

    test('a listing has no end of its own at a thousand', async () => {
      const names = Array.from({ length: 1_050 }, (_, at) => `many/${String(at).padStart(5, '0')}`);
      for (let at = 0; at < names.length; at += 10)
        await Promise.all(names.slice(at, at + 10).map((name) => store.put(name, new Uint8Array())));
      expect(await keys(store, 'many/')).toHaveLength(1_050);
    });

    test.each(['', '/', 'a//b', '../a', 'a/../b', 'a/', '.hidden', 'a\0b', 'a b', 'é', 'x'.repeat(600)])(
      'refuses %j as a key',
      async (key) => {
        await expect((async () => store.put(key, Buffer.from('x')))()).rejects.toMatchObject({
          code: 'internal',
        });
      },
    );

    test('an aborted signal stops a put before it is there', async () => {
      const aborted = AbortSignal.abort(new Error('stopped'));
      await expect(store.put('aborted/0123', Buffer.from('x'), aborted)).rejects.toThrow();
      expect(await store.has('aborted/0123')).toBe(false);
    });
  });
}

async function keys(store: ObjectStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const key of store.list(prefix)) found.push(key);
  return found;
}
