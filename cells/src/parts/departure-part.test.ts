/** On a real Postgres: somebody is removed, his cell hears of it, and does what is to be done, on record. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import {
  cellIdSchema,
  hostIdSchema,
  newOrgId,
  newSandboxId,
  newUserId,
  newWorkspaceId,
  type UserId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { Departure } from '@cellbook/shared/protocol/departures-api.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLifecycleOutbox } from '../audit/lifecycle-outbox.ts';
import { createPostgresAuditStore } from '../audit/store/postgres-audit-store.ts';
import { createTestAudit } from '../audit/testing/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { createPostgresDepartureStore } from '../departures/postgres-departure-store.ts';
import { createPostgresRestStore } from '../ladder/postgres-rest-store.ts';
import { PostgresWorkspaceStore } from '../lifecycle/stores/postgres-workspace-store.ts';
import { upTo } from '../quotas/allowance.ts';
import { makeMasterKeys } from '../secrets/master-keys.ts';
import { createPostgresSecretStore } from '../secrets/postgres-secret-store.ts';
import { Secrets } from '../secrets/secrets.ts';
import { eventually } from '../testing/eventually.ts';
import { openDepartures } from './departure-part.ts';

const [org, otherOrg] = [newOrgId(systemRandom), newOrgId(systemRandom)];
const ada = newUserId(systemRandom);
const clock = new ManualClock(1_700_000_000_000);
const tools = { clock, random: systemRandom, log: silentLogger };

let fresh: TestDatabase;
let directory: string;
let store: PostgresWorkspaceStore;
let secrets: Secrets;
beforeAll(async () => {
  fresh = await createTestDatabase();
  const { database } = fresh;
  directory = await mkdtemp(join(tmpdir(), 'cellbook-departures-'));
  const keysFile = join(directory, 'secrets.jwks.json');
  await makeMasterKeys(keysFile, systemRandom);
  store = new PostgresWorkspaceStore(database, createLifecycleOutbox({ ...tools, program: 'cell-test' }));
  secrets = new Secrets({
    ...{ store: createPostgresSecretStore(database), keysFile, bring: null, clock, log: silentLogger },
    hasLeft: createPostgresDepartureStore(database).hasLeft,
  });
}, 60_000);
afterAll(async () => {
  await fresh?.drop();
  await rm(directory, { recursive: true, force: true });
});

async function running(orgId: typeof org): Promise<WorkspaceId> {
  const id = newWorkspaceId(systemRandom);
  const workspace = { id, ownerId: ada, orgId, tier: 'free', name: 'a', desired: 'running' } as const;
  const given = { idleSuspendSeconds: 60, nowMs: clock.nowMs(), createKey: systemRandom.uuid() };
  await store.create({ ...workspace, ...given }, upTo(10));
  return id;
}

const fingerprint = { runtime: 'runsc 1', platform: 'systrap', cpuFeatures: 'abc', imageDigest: 'def' };

/** Sleeps with its memory, for a quarter of a year. */
const sleeps = (workspaceId: WorkspaceId) =>
  createPostgresRestStore(fresh.database).put({
    ...{ workspaceId, epoch: 1, tier: 'enterprise', hostId: hostIdSchema.parse('host-a') },
    ...{ sandboxId: newSandboxId(systemRandom), image: { bytes: 1, fingerprint }, remote: false },
    ...{ suspendedAtMs: clock.nowMs(), dueAtMs: clock.nowMs() + 3 * limits.departures.graceMs },
  });

test('who was removed loses what is injected there, at once, and after the grace his secrets here', async () => {
  const audit = createTestAudit(createPostgresAuditStore(fresh.database), clock);
  const log: Departure[] = [];
  const redelivered: UserId[] = [];
  const woken: WorkspaceId[] = [];
  const departures = openDepartures({ cellId: cellIdSchema.parse('test') }, tools, {
    stores: { database: fresh.database, store },
    lifecycle: { wake: (id) => void woken.push(id) },
    secrets: {
      secrets,
      delivery: {
        async changed(owner) {
          redelivered.push(owner as UserId);
          return { sandboxesUpdated: 0, sandboxesMissed: 0 };
        },
      },
    },
    audit: audit.log,
    edge: {
      ask: async ({ answer }) => {
        const told = { upTo: log.length, more: false, departures: log, mayLiveHere: [] };
        return answer.schema.parse({ ...told, from: 'edge', to: 'cell', iat: clock.nowMs() });
      },
    },
  });
  const [left, kept] = [await running(org), await running(otherOrg)];
  await secrets.put({ owner: ada, name: 'OWN' }, 'his');
  await secrets.put({ owner: org, name: 'SHARED' }, 'theirs');
  expect(await secrets.environmentOf({ ownerId: ada, orgId: org })).toEqual({ OWN: 'his', SHARED: 'theirs' });
  departures.begin();

  log.push({ user: ada, org, leftAtMs: clock.nowMs() });
  const lookAgain = () => departures.heard([{ kind: 'changed', subject: memberSubject(ada, org), ms: 1 }]);
  lookAgain();
  await eventually(() => woken).toEqual([left]);
  expect(await secrets.environmentOf({ ownerId: ada, orgId: org })).toEqual({});
  expect(await secrets.environmentOf({ ownerId: ada, orgId: otherOrg })).toEqual({ OWN: 'his' });
  await eventually(() => redelivered).toEqual([ada]);
  expect((await store.get(left))?.desired).toBe('suspended');
  expect((await store.get(kept))?.desired).toBe('running');

  for (const id of [left, kept]) await sleeps(id);
  woken.splice(0);
  expect(await secrets.hasAny(ada)).toBe(true);
  await clock.advance(limits.departures.graceMs + limits.departures.askEveryMs);
  lookAgain();
  await eventually(() => secrets.hasAny(ada)).toBe(false);
  // What it slept with goes with them, by its executor, and is asked for until it is gone.
  const rests = createPostgresRestStore(fresh.database);
  await eventually(() => [...new Set(woken)]).toEqual([left]);
  expect(await rests.listDue(clock.nowMs(), 10)).toEqual([left]);
  const isOverdue = () => createPostgresDepartureStore(fresh.database).overdue(clock.nowMs(), 1);
  expect(await isOverdue()).toEqual([ada]);
  await rests.remove(left, 1);
  lookAgain();
  await eventually(isOverdue).toEqual([]);
  expect((await secrets.list(org)).map(({ name }) => name)).toEqual(['SHARED']);
  await departures.close();
  audit.log.settle();
  await eventually(async () => (await audit.events()).map(({ what }) => what).sort()).toEqual([
    'secret.delete',
    'workspace.owner_left',
  ]);
  expect(await audit.events()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ what: 'workspace.owner_left', which: expect.objectContaining({ id: left }) }),
      expect.objectContaining({ details: { reason: 'left', removed: 1 } }),
    ]),
  );
});
