import { hostIdSchema, newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { imageKeySchema } from '../snapshots/image-key.ts';
import { openAhead } from './open-ahead.ts';
import type { Rest } from './rest.ts';

const workspaceId = newWorkspaceId(systemRandom);
const hostId = hostIdSchema.parse('eu-1-a');
const keeps = { runtime: 'runsc 1', platform: 'systrap', cpuFeatures: 'abc', imageDigest: 'def' };
const key = imageKeySchema.parse(systemRandom.bytes(32));
const stored: Rest = {
  ...{ workspaceId, epoch: 3, tier: 'paid', hostId, sandboxId: newSandboxId(systemRandom) },
  ...{ image: { bytes: 1, fingerprint: keeps }, remote: false, suspendedAtMs: 0, dueAtMs: 1 },
};

async function asked(
  rest: Rest | null,
  given: Partial<{ keeps: typeof keeps | null; hasKey: boolean; isCrowded: boolean }> = {},
) {
  const opened: unknown[] = [];
  const host = {
    ...{ hostId, keeps, ...given },
    openAhead: (...image: unknown[]) => void opened.push(image),
  };
  const find = async () => (given.hasKey === false ? null : key);
  const rests = { get: async () => rest };
  const othersFirst = () => given.isCrowded === true;
  await openAhead({ host, rests, imageKeys: { find }, othersFirst }, workspaceId);
  return opened;
}

it('names the image and its key to the host where it lies', async () => {
  expect(await asked(stored)).toEqual([[workspaceId, { of: stored.sandboxId, key }]]);
});

it('asks nothing of a host that has no use for it', async () => {
  expect(await asked(null)).toEqual([]);
  expect(await asked({ ...stored, image: null })).toEqual([]);
  expect(await asked({ ...stored, hostId: hostIdSchema.parse('eu-1-b') })).toEqual([]);
  expect(await asked(stored, { keeps: null })).toEqual([]);
  expect(await asked(stored, { keeps: { ...keeps, runtime: 'runsc 2' } })).toEqual([]);
  expect(await asked(stored, { hasKey: false })).toEqual([]);
  expect(await asked(stored, { isCrowded: true })).toEqual([]);
});
