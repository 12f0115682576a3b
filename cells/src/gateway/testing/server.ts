/** The gateway behind a real HTTP server on a free port, with one workspace and its owner signed in. */
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, newOrgId, newUserId, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { type AuditPolicy, type Principal, principalIssuer } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import type { HoldOpen } from '../../standing/standing.ts';
import type { FileTree } from '../../storage/file-tree.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import type { Notebook } from '../outputs/notebook-cells.ts';
import type { WakeShard } from '../parking/wakes.ts';
import type { KernelStore } from '../store/kernel-store.ts';
import { createMemoryKernelStore } from '../store/memory-kernel-store.ts';
import { type ClientOptions, TestClient } from './client.ts';
import { createTestRuntime, type TestRuntime } from './runtime.ts';

export interface TestServer {
  app: FastifyInstance;
  gateway: Gateway;
  runtime: TestRuntime;
  store: KernelStore;
  workspaceId: WorkspaceId;
  /** Notebooks by path, as the contents service would hold them. */
  notebooks: Map<string, Notebook>;
  /** `http://127.0.0.1:port/w/ws-…` */
  url: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  connect(kernelId: string, options?: ClientOptions): Promise<TestClient>;
  startKernel(body?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

const anyJson = z.any();

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Whatever the test expects to be there; null when the body is no JSON. */
  json: z.infer<typeof anyJson>;
}

export interface TestServerOptions {
  start(workspaceId: WorkspaceId, epoch: number): Promise<Sandbox>;
  stop(sandbox: Sandbox): Promise<void>;
  files?: () => Promise<FileTree>;
  workspaceId?: WorkspaceId;
  port?: number;
  via?: Principal['via'];
  audit?: AuditLog;
  /** What the caller's organisation wants recorded. */
  wants?: AuditPolicy;
  standing?: HoldOpen;
  clock?: Clock;
  wake?: WakeShard;
  /** What is different about whoever sends this. */
  claims?(request: FastifyRequest): Partial<Principal>;
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const workspaceId = options.workspaceId ?? newWorkspaceId(systemRandom);
  const ownerId = newUserId(systemRandom);
  const runtime = createTestRuntime({
    workspaceId,
    ownerId,
    start: (epoch) => options.start(workspaceId, epoch),
    stop: options.stop,
  });
  const notebooks = new Map<string, Notebook>();
  const store = createMemoryKernelStore();
  const gateway = createGateway({
    clock: options.clock ?? systemClock,
    random: systemRandom,
    log: createLogger({ program: 'test', level: process.env.TEST_LOG ?? 'silent' }),
    metrics: createMetrics(),
    runtime,
    store,
    ...(options.audit && { audit: options.audit }),
    ...(options.standing && { standing: options.standing }),
    ...(options.wake && { wake: options.wake }),
    notebooks: {
      async update(_workspaceId, path, change) {
        const notebook = notebooks.get(path);
        if (!notebook) return false;
        notebooks.set(path, change(notebook) ?? notebook);
        return true;
      },
    },
    files: options.files ?? (() => Promise.reject(new Error('this test has no files'))),
  });
  runtime.addListener(gateway.listener);
  const app = Fastify();
  app.decorateRequest('principal');
  const nowSeconds = Math.floor(systemClock.nowMs() / 1000);
  app.addHook('onRequest', async (request) => {
    request.principal = {
      iss: principalIssuer,
      aud: cellIdSchema.parse('test-1'),
      sub: ownerId,
      org: newOrgId(systemRandom),
      name: 'Ada Lovelace',
      tier: 'free',
      role: 'member',
      scopes: null,
      cred: 'test',
      via: options.via ?? 'token',
      ...(options.wants && { audit: options.wants }),
      pin: 0,
      iat: nowSeconds,
      exp: nowSeconds + 60,
      ...options.claims?.(request),
    };
  });
  await gateway.registerRoutes(app);
  const origin = await app.listen({ port: options.port ?? 0, host: '127.0.0.1' });
  const url = `${origin}/w/${workspaceId}`;

  const call: TestServer['call'] = async (method, path, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: text }),
      signal: AbortSignal.timeout(60_000),
    });
    return answerOf(response);
  };
  return {
    app,
    gateway,
    runtime,
    store,
    workspaceId,
    notebooks,
    url,
    call,
    connect: (kernelId, client) =>
      TestClient.open(`${url.replace('http', 'ws')}/api/kernels/${kernelId}/channels`, client),
    async startKernel(body = {}) {
      const { json, status, text } = await call('POST', '/api/kernels', body);
      if (status !== 201) throw new Error(`starting a kernel answered ${status}: ${text}`);
      return json.id;
    },
    async close() {
      await gateway.close();
      await app.close();
      await runtime.suspend();
    },
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
}
