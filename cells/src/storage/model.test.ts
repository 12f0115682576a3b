/**
 * Random histories of clients, code, rounds, suspends, crashes and failing stores, against a model that knows
 * for each path what it may hold: exactly what was acknowledged last, or one of the things that were tried
 * and refused since. At the end the workspace is opened on another host, and every path must hold one of them.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Commit } from './manifests/manifest-store.ts';
import { createMemoryManifestStore } from './manifests/memory-manifest-store.ts';
import { createMemoryObjectStore } from './objects/memory-object-store.ts';
import { startTestHost, type TestHost } from './test-volumes.ts';

const paths = ['a', 'b', 'folder/c', 'folder/d', 'other/e'];
const path = fc.constantFrom(...paths);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('save' as const), path }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('code writes' as const), path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('code removes' as const), path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sync' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fail next' as const), calls: fc.nat(6) }) },
);

/** What each path may hold; null is nothing. */
class Model {
  readonly #may = new Map<string, Set<string | null>>(paths.map((name) => [name, new Set([null])]));

  is(name: string, content: string | null): void {
    this.#may.set(name, new Set([content]));
  }

  mayBe(name: string, content: string | null): void {
    this.of(name).add(content);
  }

  of(name: string): Set<string | null> {
    return this.#may.get(name) ?? new Set();
  }
}

function failingStores() {
  const objects = createMemoryObjectStore();
  const manifests = createMemoryManifestStore();
  let failIn = Number.POSITIVE_INFINITY;
  const count = () => {
    if (--failIn >= 0) return;
    failIn = Number.POSITIVE_INFINITY;
    throw new CellbookError('store_unavailable', {
      doing: 'testing',
      problem: 'it was the turn of this one',
    });
  };
  async function put(key: string, bytes: Uint8Array): Promise<void> {
    count();
    await objects.put(key, bytes);
  }
  async function commit(given: Commit): Promise<number> {
    count();
    return manifests.commit(given);
  }
  return {
    objects: { ...objects, put },
    manifests: { ...manifests, commit },
    failAfter: (calls: number) => {
      failIn = calls;
    },
  };
}

test('always_what_was_acknowledged_is_there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { objects, manifests, failAfter } = failingStores();
      const { signal } = new AbortController();
      const hosts: TestHost[] = [await startTestHost({ objects, manifests })];
      const hostDirectory = hosts[0]?.hostDirectory ?? '';
      const volumes = () => (hosts.at(-1) as TestHost).volumes;
      const id = newWorkspaceId(systemRandom);
      await volumes().create(id);
      const tree = async () => volumes().files(id);
      await (await tree()).makeDirectory(['folder']);
      await (await tree()).makeDirectory(['other']);
      const model = new Model();
      let epoch = 0;
      let live: string | null = null;

      /** Runs something that may be refused because a store was away; false when it was. */
      async function tried(work: () => Promise<unknown>): Promise<boolean> {
        try {
          await work();
          return true;
        } catch (error) {
          if (error instanceof CellbookError && error.code === 'store_unavailable') return false;
          throw error;
        }
      }

      for (const [at, one] of steps.entries()) {
        const content = `content ${at}`;
        switch (one.do) {
          case 'save':
            if (await tried(async () => (await tree()).write(one.path.split('/'), Buffer.from(content))))
              model.is(one.path, content);
            else model.mayBe(one.path, content);
            break;
          case 'code writes':
            if (live === null) break;
            await writeFile(join(live, one.path), content);
            model.is(one.path, content);
            break;
          case 'code removes':
            if (live === null) break;
            await rm(join(live, one.path), { force: true });
            model.is(one.path, null);
            break;
          case 'remove': {
            if ((await (await tree()).stat(one.path.split('/'))) === null) break;
            if (await tried(async () => (await tree()).remove(one.path.split('/')))) model.is(one.path, null);
            else model.mayBe(one.path, null);
            break;
          }
          case 'move': {
            const [from, to] = [one.path.split('/'), one.to.split('/')];
            const there = await (await tree()).stat(to);
            if (there !== null || (await (await tree()).stat(from)) === null) break;
            const moving = model.of(one.path);
            const done = await tried(async () => (await tree()).move(from, to));
            for (const held of moving) if (held !== null) model.mayBe(one.to, held);
            if (done) {
              model.of(one.to).delete(null);
              model.is(one.path, null);
            } else model.mayBe(one.path, null);
            break;
          }
          case 'sync':
            await tried(() => volumes().sync(id, signal));
            break;
          case 'turn': {
            if (live === null) {
              const attached = await tried(async () => {
                live = (await volumes().attach(id, ++epoch, signal)).directory;
              });
              if (!attached) live = null;
              break;
            }
            // What suspends does not let go of the files before they are off the host.
            if (!(await tried(() => volumes().flush(id, epoch, signal)))) break;
            await volumes().detach(id, epoch);
            live = null;
            break;
          }
          case 'crash':
            await volumes().close();
            hosts.push(await startTestHost({ objects, manifests, hostDirectory }));
            break;
          case 'fail next':
            failAfter(one.calls);
        }
      }

      failAfter(Number.POSITIVE_INFINITY);
      if (live !== null) await volumes().flush(id, epoch, signal);
      const other = await startTestHost({ objects, manifests, host: hostIdSchema.parse('eu-1-b') });
      await other.volumes.attach(id, epoch + 1, signal);
      const seen = await other.volumes.files(id);
      for (const name of paths) {
        const found = (await seen.stat(name.split('/')))
          ? (await seen.read(name.split('/'))).toString()
          : null;
        expect([...model.of(name)], `${name} holds ${found}`).toContain(found);
      }
      for (const host of [...hosts, other]) await host.close();
    }),
    { numRuns: 100 },
  );
}, 180_000);
