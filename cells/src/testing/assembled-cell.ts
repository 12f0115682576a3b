/** For tests: the real cell in this process, without sandboxes, asked without a network (`app.inject`). */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { assemble } from '../cell.ts';
import { readConfig } from '../config.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { createTestEdge, type TestEdge, testCellId } from './test-edge.ts';

export interface AssembledCell {
  parts: Awaited<ReturnType<typeof assemble>>;
  edge: TestEdge;
  database: TestDatabase;
  stop(): Promise<void>;
}

export async function assembleTestCell(): Promise<AssembledCell> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-cell-'));
  const [edge, database] = [await createTestEdge(directory), await createTestDatabase({ migrated: false })];
  const lab = join(directory, 'lab');
  await mkdir(lab);
  for (const name of ['schemas.json', 'licenses.json']) await writeFile(join(lab, name), '[]');
  const config = readConfig({
    CELLBOOK_CELL_ID: testCellId,
    CELLBOOK_REGION_ID: 'test',
    CELLBOOK_PORT: '0',
    CELLBOOK_DATA_DIR: join(directory, 'data'),
    CELLBOOK_OBJECTS: `file:${join(directory, 'objects')}`,
    CELLBOOK_SANDBOX_DRIVER: 'none',
    CELLBOOK_EDGE_PUBLIC_KEYS: edge.publicKeysFile,
    CELLBOOK_LAB_SCHEMAS: lab,
    DATABASE_URL: database.url,
  });
  await mkdir(config.dataDirectory, { recursive: true });
  const parts = await assemble(config, { clock: systemClock, random: systemRandom, log: silentLogger });
  await parts.app.ready();
  return {
    ...{ parts, edge, database },
    async stop() {
      await parts.app.close();
      await parts.closeHosts();
      await parts.findings.close();
      await parts.audit.close();
      await parts.stores.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
