import { hostIdSchema, newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { cheapestToLose, placesToFree } from './reclaim.ts';
import type { Rest } from './rest.ts';

const random = seededRandom(11);
const fingerprint = { runtime: 'a', platform: 'b', cpuFeatures: 'c', imageDigest: 'd' };
const rest = (tier: Tier, suspendedAtMs: number, image: Rest['image'] = null): Rest => ({
  ...{ workspaceId: newWorkspaceId(random), epoch: 1, tier, hostId: hostIdSchema.parse('a') },
  ...{ sandboxId: newSandboxId(random), image, remote: false, suspendedAtMs, dueAtMs: 0 },
});

test('the lowest tier gives up its place first, then whoever has been frozen longest; images hold no place', () => {
  const [enterprise, paid, older, newer] = [
    rest('enterprise', 1),
    rest('paid', 2),
    rest('free', 3),
    rest('free', 4),
  ];
  const all = [enterprise, newer, paid, older, rest('free', 0, { bytes: 1, fingerprint })];
  expect(cheapestToLose(all, 3)).toEqual([older, newer, paid]);
  expect(cheapestToLose(all, 9)).toEqual([older, newer, paid, enterprise]);
  expect(cheapestToLose(all, 0)).toEqual([]);
});

test.each([
  [{ live: 20, frozen: 5, starting: 0, capacity: 20 }, 2],
  [{ live: 19, frozen: 5, starting: 0, capacity: 20 }, 1],
  [{ live: 18, frozen: 5, starting: 0, capacity: 20 }, 0],
  [{ live: 18, frozen: 5, starting: 2, capacity: 20 }, 2],
  [{ live: 20, frozen: 1, starting: 0, capacity: 20 }, 1],
  [{ live: 20, frozen: 0, starting: 0, capacity: 20 }, 0],
  [{ live: 1, frozen: 1, starting: 0, capacity: 1 }, 1],
  [{ live: 3, frozen: 3, starting: 0, capacity: 20, memoryShort: false }, 0],
  [{ live: 3, frozen: 3, starting: 0, capacity: 20, memoryShort: true }, 1],
  [{ live: 20, frozen: 5, starting: 0, capacity: 20, memoryShort: true }, 2],
  [{ live: 3, frozen: 0, starting: 0, capacity: 20, memoryShort: true }, 0],
])('of %o it frees %i', (load, count) => {
  expect(placesToFree(load)).toBe(count);
});
