import { createTestDatabase } from '../../db/test-database.ts';
import { describeManifestStore } from './manifest-store.conformance.ts';
import { createMemoryManifestStore } from './memory-manifest-store.ts';
import { createPostgresManifestStore } from './postgres-manifest-store.ts';

describeManifestStore('memory', async () => ({ store: createMemoryManifestStore(), close: async () => {} }));

describeManifestStore('Postgres', async () => {
  const { database, drop } = await createTestDatabase();
  return { store: createPostgresManifestStore(database), close: drop };
});
