/** What people do to their own sandboxes, and what of it decides about everybody's image. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newUserId, newWorkspaceId, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { MemoryGenerationStore } from './memory-generation-store.ts';
import { Staging } from './staging.ts';

async function open() {
  const store = new MemoryGenerationStore();
  const clock = new ManualClock();
  const staging = new Staging({ store, clock, log: silentLogger });
  const offers = [{ own: 'two', generations: ['one', 'two'] }];
  await store.introduce('one', 0);
  await staging.settle(offers);
  return {
    staging,
    clock,
    /** Claims of the new image, all of which crash right after. */
    async crashing(owner: UserId, claims: number) {
      for (let count = 0; count < claims; count++) {
        const workspaceId = newWorkspaceId(systemRandom);
        staging.claimed('two', 100, owner, workspaceId);
        staging.lost(workspaceId);
      }
      await staging.settle(offers);
    },
    stageOfTwo: async () => (await store.list()).find(({ generation }) => generation === 'two')?.stage,
  };
}

test('one person who makes his kernels crash does not roll an image back for everybody', async () => {
  const { crashing, stageOfTwo } = await open();
  await crashing(newUserId(systemRandom), 200);
  expect(await stageOfTwo()).toBe('candidate');
});

test('an image that crashes for everybody is rolled back', async () => {
  const { crashing, stageOfTwo } = await open();
  for (let people = 0; people < 12; people++) await crashing(newUserId(systemRandom), 1);
  expect(await stageOfTwo()).toBe('rolled_back');
});

test('the image that crashes for the one person of a cell is rolled back once nobody else has come', async () => {
  const { crashing, stageOfTwo, clock } = await open();
  const person = newUserId(systemRandom);
  await crashing(person, 12);
  expect(await stageOfTwo()).toBe('candidate');
  await clock.advance(limits.pool.staged.fewOwnersMs);
  await crashing(person, 1);
  expect(await stageOfTwo()).toBe('rolled_back');
});
