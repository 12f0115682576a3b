/** What images of sandboxes' memory are sealed with. */
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { createImageKeys, type ImageKeys, masterKeysOf } from '../snapshots/image-keys.ts';
import { createPostgresImageKeyStore } from '../snapshots/postgres-image-key-store.ts';
import type { CellStores } from './store-part.ts';

export function openImageKeys(
  { secretKeysFile, hosts }: CellConfig,
  { random, log }: CellTools,
  { database }: CellStores,
): ImageKeys {
  if (secretKeysFile === null && hosts !== null)
    log.warn(
      'CELLBOOK_SECRET_KEYS is not set: MEMORY OF SUSPENDED WORKSPACES IS KEPT ONLY WHILE THEY ARE FROZEN',
    );
  const store = createPostgresImageKeyStore(database);
  return createImageKeys({ store, masterKeys: masterKeysOf(secretKeysFile), random });
}
