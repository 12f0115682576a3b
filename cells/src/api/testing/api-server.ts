/** For tests: the cell's real HTTP server on a real Postgres, without a sandbox behind it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import type { ErrorBody } from '@cellbook/shared/errors.ts';
import { cellIdSchema, newUserId, type UserId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Workspace, WorkspaceDetails } from '@cellbook/shared/protocol/workspace.ts';
import type { TransitionEntry } from '@cellbook/shared/protocol/workspace-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { FastifyInstance } from 'fastify';
import { createPostgresAuditStore } from '../../audit/store/postgres-audit-store.ts';
import { createTestAudit, type TestAudit, testChain } from '../../audit/testing/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import { createPostgresDepartureStore } from '../../departures/postgres-departure-store.ts';
import { createMemoryEgressLog } from '../../egress/memory-egress-log.ts';
import { withoutEnvironments } from '../../environments/no-environments.ts';
import { withoutFindings } from '../../findings/no-findings.ts';
import type { Home } from '../../home/home.ts';
import { Hosts } from '../../host/hosts.ts';
import { MemoryRestStore } from '../../ladder/memory-rest-store.ts';
import { createPostgresFence } from '../../lifecycle/recover/fence.ts';
import { recover } from '../../lifecycle/recover/recover.ts';
import { PostgresTransitionStore } from '../../lifecycle/stores/postgres-transition-store.ts';
import { PostgresWorkspaceStore } from '../../lifecycle/stores/postgres-workspace-store.ts';
import { IdleUsuals } from '../../quotas/idle-usuals.ts';
import { QuotaGuard } from '../../quotas/quota-guard.ts';
import { QuotaPolicies } from '../../quotas/quota-policies.ts';
import type { OrgShares } from '../../quotas/shares/org-shares.ts';
import { withoutSecrets } from '../../secrets/no-secrets.ts';
import type { SecretRouteDeps } from '../../secrets/secret-routes.ts';
import { createStanding, type Standing } from '../../standing/standing.ts';
import { createPostgresManifestStore } from '../../storage/manifests/postgres-manifest-store.ts';
import { createTestEdge, type TestEdge, testCellId } from '../../testing/test-edge.ts';
import { readUsage } from '../../usage/read-usage.ts';
import { withoutVersions } from '../../versions/no-versions.ts';
import { createPrincipalVerifier } from '../access/principal-verifier.ts';
import { openPublicKeys } from '../access/public-keys.ts';
import { reading } from '../access/route-access.ts';
import { closeServer } from '../close-server.ts';
import { type HintBus, openChangeFeed } from '../events/change-feed.ts';
import { PostgresIdempotencyStore } from '../idempotency/postgres-idempotency-store.ts';
import { createServer } from '../server.ts';

/** Whatever the API may answer, so that tests can look into it freely; they say what they expect. */
export type AnswerBody = WorkspaceDetails &
  ErrorBody & { workspaces: Workspace[]; transitions: TransitionEntry[]; nextCursor: string | null };

export interface Answer {
  status: number;
  headers: Headers;
  body: AnswerBody;
}

export interface ApiServer {
  url: string;
  app: FastifyInstance;
  database: TestDatabase;
  edge: TestEdge;
  store: PostgresWorkspaceStore;
  transitions: PostgresTransitionStore;
  rests: MemoryRestStore;
  userId: UserId;
  woken: WorkspaceId[];
  audit: TestAudit;
  standing: Standing;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  create(name?: string, as?: UserId): Promise<Answer>;
  /** The text of an answer that is no JSON. */
  download(path: string, claims: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

export interface CallOptions {
  body?: unknown;
  /** Sent as it is. */
  text?: string;
  headers?: Record<string, string>;
  claims?: Record<string, unknown>;
}

interface ApiServerOptions {
  bus?: HintBus;
  clock?: Clock;
  home?(database: TestDatabase): Promise<Home>;
  /** Routes of a test's own, beside the API's. */
  routes?(app: FastifyInstance): void;
  secrets?(database: TestDatabase): SecretRouteDeps;
  /** This cell's shares of quotas; absent: it stands alone. */
  shares?(database: TestDatabase): OrgShares;
}

const nothingLive = {
  flush: () => Promise.reject(new Error('nothing is live here')),
  detach: () => Promise.reject(new Error('nothing is live here')),
};

/** What these tests ask nothing of. */
const unused = () => ({
  ...{
    findings: withoutFindings,
    egress: createMemoryEgressLog(),
    environments: withoutEnvironments,
    versions: withoutVersions,
  },
});

const quotasOn = ({ database }: TestDatabase, clock: Clock, shares: OrgShares | null) =>
  new QuotaGuard({
    shares,
    ...{ database, clock, random: systemRandom, log: silentLogger, sandboxBytes: () => 1024 ** 3 },
    hasLeft: createPostgresDepartureStore(database).hasLeft,
    policies: new QuotaPolicies({ database, log: silentLogger }),
  });

export async function startApiServer(given: ApiServerOptions = {}): Promise<ApiServer> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-api-'));
  const database = await createTestDatabase();
  const edge = await createTestEdge(directory);
  const cellId = cellIdSchema.parse(testCellId);
  const clock = given.clock ?? systemClock;
  const tools = { clock, random: systemRandom, log: silentLogger };
  const store = new PostgresWorkspaceStore(database.database);
  const transitions = new PostgresTransitionStore(database.database);
  const metrics = createMetrics();
  const quotas = quotasOn(database, clock, given.shares?.(database) ?? null);
  const feed = await openChangeFeed({ store, bus: given.bus ?? null, log: silentLogger });
  const woken: WorkspaceId[] = [];
  const audit = createTestAudit(createPostgresAuditStore(database.database), clock);
  const keys = await openPublicKeys(edge.publicKeysFile, clock);
  const standing = createStanding({ ...tools, metrics, keys, audit: audit.log, cellId });
  const recovering = {
    ...{ ...tools, store, fence: createPostgresFence(database.database), hosts: new Hosts([]) },
    manifests: createPostgresManifestStore(database.database),
    rests: new MemoryRestStore(),
    volumes: nothingLive,
    lifecycle: { holder: 'test/1', isAtWork: () => false, wake: (id: WorkspaceId) => void woken.push(id) },
  };
  const app = await createServer({
    ...{ ...tools, metrics },
    home: await given.home?.(database),
    standing: { standing, behind: () => {} },
    access: {
      principals: createPrincipalVerifier({ keys, cellId, clock }),
      heard: (principal) => quotas.hear(principal),
      async tenantOf(workspaceId, deletedToo) {
        const row = await store.get(workspaceId);
        return row && (deletedToo || row.desired !== 'deleted') ? row : null;
      },
    },
    audit: audit.log,
    health: {
      ...{ cellId, clock, metrics },
      checkDatabase: async () => void (await database.database.$client`select 1`),
      isRedisUp: () => false,
      isDraining: () => false,
      versions: {},
    },
    lifecycle: {
      ...{ store, transitions, rests: recovering.rests, feed, standing, ...tools },
      idempotency: new PostgresIdempotencyStore(database.database),
      secrets: given.secrets?.(database) ?? withoutSecrets(tools),
      audit: { ...audit, chain: testChain },
      ...{ volumes: { create: async () => {} }, idleUsuals: new IdleUsuals(database.database) },
      ...{ ...unused(), quotas, readUsage: (asked) => readUsage(database.database, asked) },
      recover: (workspaceId) => recover(recovering, workspaceId),
      changed: ({ id, ownerId }) => {
        woken.push(id);
        feed.publish(ownerId);
      },
    },
  });
  app.get('/w/:workspaceId/api/status', reading, async ({ principal }) => ({ user: principal.sub }));
  given.routes?.(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const userId = newUserId(systemRandom);

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body, text, claims, headers } = options;
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        [principalHeader]: await edge.sign({ sub: userId, ...claims }),
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
    });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  }

  return {
    ...{ url, app, database, edge, store, transitions, rests: recovering.rests },
    ...{ userId, woken, audit, standing, call },
    create(name = 'a notebook', as = userId) {
      const headers = { 'idempotency-key': systemRandom.uuid() };
      return call('POST', '/v1/workspaces', { body: { name }, headers, claims: { sub: as } });
    },
    async download(path, claims) {
      const headers = { [principalHeader]: await edge.sign({ sub: userId, ...claims }) };
      return (await fetch(`${url}${path}`, { headers })).text();
    },
    async stop() {
      await closeServer(app, clock);
      await audit.chain.idle();
      await feed.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
