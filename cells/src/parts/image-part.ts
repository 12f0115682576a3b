/** Images of sandboxes' memory: what they are sealed with, their copies in the object store, and what is swept. */
import { limits } from '@cellbook/shared/limits.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { Hosts } from '../host/hosts.ts';
import { ImageSender } from '../ladder/image-sender.ts';
import { sweepImages } from '../ladder/sweep-images.ts';
import { withObjectFailpoints } from '../lifecycle/crash/with-failpoints.ts';
import { repeatEvery } from '../repeat.ts';
import { createImageKeys, masterKeysOf } from '../snapshots/image-keys.ts';
import { createPostgresImageKeyStore } from '../snapshots/postgres-image-key-store.ts';
import { RemoteImages } from '../snapshots/remote-images.ts';
import { openObjectStore } from '../storage/objects/open-object-store.ts';
import type { CellStores } from './store-part.ts';

export function openImages(config: CellConfig, tools: CellTools, stores: CellStores, hosts: Hosts) {
  const { clock, random, log, failpoint } = tools;
  const masterKeys = masterKeysOf(config.secretKeysFile);
  const keys = createPostgresImageKeyStore(stores.database);
  const remote = new RemoteImages(withObjectFailpoints(openObjectStore(config.objects, tools), failpoint));
  const imageKeys = createImageKeys({ store: keys, masterKeys, random });
  const opened = { imageKeys, remoteImages: remote };
  // Where this process is the host itself no memory is kept.
  if (config.hosts === null) return { ...opened, close: async () => {} };
  if (masterKeys === null) log.warn(withoutKeys);
  const { rests } = stores;
  const sender = new ImageSender({ rests, hosts, keys, imageKeys, clock, log });
  const sweep = () => sweepImages({ rests, hosts, keys, remote, clock, log });
  const looking = repeatEvery(clock, limits.snapshots.sendLookMs, () => sender.look(), log);
  const sweeping = repeatEvery(clock, limits.snapshots.sweepEveryMs, sweep, log);
  return {
    ...opened,
    async close() {
      looking.cancel();
      sweeping.cancel();
      await sender.close();
    },
  };
}

const withoutKeys =
  'CELLBOOK_SECRET_KEYS is not set: THE MEMORY OF SUSPENDED WORKSPACES IS KEPT ONLY WHILE THEY ARE FROZEN';
