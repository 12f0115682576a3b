import { ManualClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newSandboxId, newWorkspaceId, type SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import type { SandboxHost } from '../host/sandbox-host.ts';
import { imageKeysInMemory } from '../snapshots/image-keys.ts';
import { createMemoryImageKeyStore } from '../snapshots/memory-image-key-store.ts';
import { RemoteImages } from '../snapshots/remote-images.ts';
import { createMemoryObjectStore } from '../storage/objects/memory-object-store.ts';
import { ImageSender } from './image-sender.ts';
import { MemoryRestStore } from './memory-rest-store.ts';
import type { Rest } from './rest.ts';
import { sweepImages } from './sweep-images.ts';

const random = seededRandom(21);
const log = createLogger({ program: 'test', level: 'silent' });
const fingerprint = { runtime: 'a', platform: 'b', cpuFeatures: 'c', imageDigest: 'd' };
const [here, away] = ['host-a', 'host-b'].map((id) => hostIdSchema.parse(id));

/** Two hosts of which one answers, and what it was asked. */
function world() {
  const clock = new ManualClock();
  const rests = new MemoryRestStore();
  const keys = createMemoryImageKeyStore();
  const images = new Set<SandboxId>();
  const sent: SandboxId[] = [];
  const sending: { during: () => Promise<void> } = { during: async () => {} };
  const host: Pick<SandboxHost, 'images' | 'dropImage' | 'sendImage'> = {
    images: async () => [...images],
    dropImage: async (of) => void images.delete(of),
    async sendImage(_workspaceId, { of }, signal) {
      sent.push(of);
      await sending.during();
      signal.throwIfAborted();
      return { chunks: 1, chunksSent: 1, bytesSent: 1 };
    },
  };
  const hosts = {
    ids: [here!, away!],
    isOpen: (id: string) => id === here,
    isDraining: () => false,
    on: () => Object.assign(Object.create(null), host) as SandboxHost,
  };
  const objects = createMemoryObjectStore();
  const remote = new RemoteImages(objects);
  async function stored(more: Partial<Rest> = {}): Promise<Rest> {
    const rest: Rest = {
      ...{ workspaceId: newWorkspaceId(random), epoch: 1, tier: 'free', hostId: here!, remote: false },
      ...{ sandboxId: newSandboxId(random), image: { bytes: 1, fingerprint }, suspendedAtMs: 0, dueAtMs: 1 },
      ...more,
    };
    await rests.put(rest);
    await keys.keep({ workspaceId: rest.workspaceId, sealed: { keyId: 'k', text: 't' } });
    await imageKeys.make(rest.workspaceId);
    if (rest.hostId === here) images.add(rest.sandboxId);
    return rest;
  }
  const imageKeys = imageKeysInMemory(random);
  const sender = new ImageSender({ rests, hosts, keys, imageKeys, clock, log });
  const sweep = () => sweepImages({ rests, hosts, keys, remote, clock, log });
  return { clock, rests, keys, images, sent, sending, objects, stored, sender, sweep };
}

test('images of hosts that answer are sent once and noted, and no others', async () => {
  const { stored, sender, rests, sent } = world();
  const rest = await stored();
  await stored({ hostId: away! });
  await stored({ image: null });
  await sender.look();
  await sender.settled();
  expect((await rests.get(rest.workspaceId))?.remote).toBe(true);
  await sender.look();
  await sender.settled();
  expect(sent).toEqual([rest.sandboxId]);
});

test('a workspace that was resumed while its image was sent keeps none there', async () => {
  const { stored, sender, rests, sending, keys, clock, sweep, objects } = world();
  const rest = await stored();
  sending.during = async () => {
    await objects.put(`snapshots/${rest.workspaceId}/chunks/x`, Buffer.of(1));
    await rests.remove(rest.workspaceId, 2);
  };
  await sender.look();
  await sender.settled();
  expect(await rests.get(rest.workspaceId)).toBeNull();

  await sweep();
  expect(await objects.has(`snapshots/${rest.workspaceId}/chunks/x`)).toBe(true);
  await clock.advance(limits.snapshots.remoteIdleMs + 1);
  await sweep();
  expect(await objects.has(`snapshots/${rest.workspaceId}/chunks/x`)).toBe(false);
  expect(await keys.listRemote(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
});

test('one that cannot be sent is tried again after a while, and holds nobody else up', async () => {
  const { stored, sender, rests, sending, sent, clock } = world();
  const rest = await stored();
  sending.during = async () => {
    if (sent.length === 1) throw new Error('the store is away');
  };
  await sender.look();
  await sender.settled();
  const other = await stored();
  await sender.look();
  await sender.settled();
  expect(sent).toEqual([rest.sandboxId, other.sandboxId]);
  await clock.advance(limits.snapshots.sendAgainMs + 1);
  await sender.look();
  await sender.settled();
  expect((await rests.get(rest.workspaceId))?.remote).toBe(true);
});

test('no more are sent at once than may be, and none once it is closed', async () => {
  const { stored, sender, sending, sent } = world();
  const gate = Promise.withResolvers<void>();
  sending.during = () => gate.promise;
  for (let count = 0; count < limits.snapshots.sendsAtOnce + 3; count += 1) await stored();
  await sender.look();
  await sender.look();
  await expect.poll(() => sent.length).toBe(limits.snapshots.sendsAtOnce);
  gate.resolve();
  await sender.close();
  await sender.look();
  expect(sent).toHaveLength(limits.snapshots.sendsAtOnce);
});

test('an image that nothing refers to goes from its host, and what is kept stays', async () => {
  const { stored, images, rests, sweep } = world();
  const [kept, frozen, used] = [await stored(), await stored({ image: null }), await stored()];
  await rests.remove(used.workspaceId, 2);
  await sweep();
  expect([...images].sort()).toEqual([kept.sandboxId, frozen.sandboxId].sort());
});

test('what is kept in the object store stays however long', async () => {
  const { stored, keys, clock, sweep, objects } = world();
  const rest = await stored({ remote: true });
  await keys.beginRemote(rest.workspaceId, 0);
  await objects.put(`snapshots/${rest.workspaceId}/chunks/x`, Buffer.of(1));
  await clock.advance(limits.snapshots.remoteIdleMs * 30);
  await sweep();
  expect(await objects.has(`snapshots/${rest.workspaceId}/chunks/x`)).toBe(true);
});
