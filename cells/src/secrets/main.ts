/**
 * The master keys of secrets, from the command line (ops/runbooks/secrets.md):
 *
 *     npm run secrets -- init <file>      makes the file; keeps one that is there
 *     npm run secrets -- rotate <file>    puts a new key first
 *     npm run secrets -- reseal <file>    seals every secret and image key of DATABASE_URL under the first key
 *     npm run secrets -- retire <file>    drops the older keys, once DATABASE_URL needs none of them
 *
 * DATABASE_URL names the database of every cell that uses the file, with spaces between them.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { closeDatabase, openDatabase } from '../db/database.ts';
import type { ImageKeyStore } from '../snapshots/image-key-store.ts';
import { resealImageKeys } from '../snapshots/image-keys.ts';
import { createPostgresImageKeyStore } from '../snapshots/postgres-image-key-store.ts';
import { addMasterKey, dropOldMasterKeys, makeMasterKeys, readMasterKeys } from './master-keys.ts';
import { createPostgresSecretStore } from './postgres-secret-store.ts';
import { resealAll } from './reseal.ts';
import type { SecretStore } from './secret-store.ts';

const commands: Record<string, (file: string) => Promise<string>> = {
  init: async (file) => `secrets are wrapped by key ${await makeMasterKeys(file, systemRandom)}`,
  rotate: async (file) => `from now on secrets are wrapped by key ${await addMasterKey(file, systemRandom)}`,
  async reseal(file) {
    const keys = await readMasterKeys(file);
    let count = 0;
    await withStores(async (store, imageKeys) => {
      count += (await resealAll(store, keys)) + (await resealImageKeys(imageKeys, keys));
    });
    return `sealed ${count} secrets and image keys anew`;
  },
  async retire(file) {
    const { wrapping } = await readMasterKeys(file);
    await withStores(async (store, imageKeys) => {
      const [left] = await store.wrappedByOthers(wrapping.id, 1);
      const [leftKey] = await imageKeys.wrappedByOthers(wrapping.id, 1);
      if (left || leftKey) throw new Error('an older key still wraps secrets there: reseal first');
    });
    const dropped = await dropOldMasterKeys(file, systemRandom);
    return `dropped ${dropped.length === 0 ? 'nothing' : dropped.join(', ')}`;
  },
};

async function withStores(
  work: (store: SecretStore, imageKeys: ImageKeyStore) => Promise<void>,
): Promise<void> {
  const urls = (process.env.DATABASE_URL ?? '').split(/\s+/).filter((url) => url !== '');
  if (urls.length === 0) throw new Error('set DATABASE_URL to the databases of the cells');
  for (const url of urls) {
    const database = openDatabase(url, { applicationName: 'cellbook-secrets', connectionsMax: 1 });
    try {
      await work(createPostgresSecretStore(database), createPostgresImageKeyStore(database));
    } finally {
      await closeDatabase(database);
    }
  }
}

const [name = '', file] = process.argv.slice(2);
const command = commands[name];
if (!command || file === undefined) {
  console.error(`usage: npm run secrets -- ${Object.keys(commands).join('|')} <file>`);
  process.exit(2);
}
try {
  console.log(await command(file));
} catch (error) {
  const next = error instanceof CellbookError && error.next !== undefined ? `\n${error.next}` : '';
  console.error(`${error instanceof Error ? error.message : String(error)}${next}`);
  process.exit(1);
}
