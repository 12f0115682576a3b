import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import type { EgressLog, EgressRecord } from './egress-log.ts';
import { createMemoryEgressLog } from './memory-egress-log.ts';
import { createPostgresEgressLog } from './postgres-egress-log.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const implementations: [string, () => EgressLog][] = [
  ['memory', createMemoryEgressLog],
  ['postgres', () => createPostgresEgressLog(fresh.database)],
];

describe.each(implementations)('the egress log in %s', (implementation, create) => {
  const random = seededRandom(implementation.length);
  const recordOf = (more: Partial<EgressRecord> = {}): EgressRecord => ({
    recordId: random.uuid(),
    ...{ workspaceId: newWorkspaceId(random), sandboxId: newSandboxId(random), startedAtMs: 1_000_000 },
    ...{ durationMs: 12, host: 'pypi.org', port: 443, address: '151.101.0.223', result: 'ok' },
    ...{ bytesUp: 700, bytesDown: 5 * 2 ** 33, ...more },
  });

  test('keeps every record as it was, newest first, each workspace its own', async () => {
    const log = create();
    const first = recordOf();
    const { workspaceId } = first;
    const refused = { address: null, result: 'not_allowed' as const, bytesUp: 0, bytesDown: 0 };
    const second = recordOf({ workspaceId, startedAtMs: 2_000_000, ...refused, host: 'evil.example' });
    await log.append([]);
    await log.append([second, recordOf(), first]);
    expect(await log.list(workspaceId, 10)).toEqual([second, first]);
    expect(await log.list(workspaceId, 1)).toEqual([second]);
    expect(await log.list(newWorkspaceId(random), 10)).toEqual([]);
  });

  test('has a record once that is appended again, as after an answer that was lost', async () => {
    const log = create();
    const [first, second] = [recordOf(), recordOf()];
    await log.append([first]);
    await log.append([first, second]);
    expect(await log.list(first.workspaceId, 10)).toEqual([first]);
    expect(await log.list(second.workspaceId, 10)).toEqual([second]);
  });

  test('adds up what a workspace has used since', async () => {
    const log = create();
    const first = recordOf();
    const { workspaceId } = first;
    await log.append([
      first,
      recordOf({ workspaceId, startedAtMs: 2_000_000, bytesUp: 1, bytesDown: 2 }),
      recordOf(),
    ]);
    expect(await log.usedSince(workspaceId, 1_000_000)).toEqual({ bytesUp: 701, bytesDown: 5 * 2 ** 33 + 2 });
    expect(await log.usedSince(workspaceId, 1_000_001)).toEqual({ bytesUp: 1, bytesDown: 2 });
    expect(await log.usedSince(workspaceId, 3_000_000)).toEqual({ bytesUp: 0, bytesDown: 0 });
  });

  test('forgets what is old, some at a time, and nothing else', async () => {
    const log = create();
    const { workspaceId } = recordOf();
    const at = (startedAtMs: number) => recordOf({ workspaceId, startedAtMs });
    await log.append([at(10), at(20), at(30), at(40)]);
    expect(await log.prune(40, 2)).toBe(2);
    expect(await log.prune(40, 2)).toBe(1);
    expect(await log.prune(40, 2)).toBe(0);
    expect((await log.list(workspaceId, 10)).map(({ startedAtMs }) => startedAtMs)).toEqual([40]);
  });
});
