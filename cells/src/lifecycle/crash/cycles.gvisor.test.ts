/** The short form of `npm run cycles`: each way once in which a controller can die around a rest. */
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { createTestDatabase, createTestRedisUrl } from '../../db/test-database.ts';
import { CrashCell } from './testing/crash-cell.ts';
import { runCycles } from './testing/cycles.ts';

test('suspended and resumed again and again, with its image stored and its controller killed in between, it has its files and variables', async () => {
  const database = await createTestDatabase({ migrated: false });
  const cell = await CrashCell.create({
    ...{ databaseUrl: database.url, redisUrl: await createTestRedisUrl() },
    ...{ capacity: 2, driver: 'gvisor', daemon: true },
  });
  try {
    await cell.startAll();
    const report = await runCycles(cell, { cycles: 3, random: seededRandom(2), tell: () => {} });
    expect(report).toMatchObject({ wrong: [], forgotten: [] });
    expect(report.rungs).toMatchObject({ memory: 1 });
  } finally {
    await cell.stop();
    await database.drop();
  }
}, 240_000);
