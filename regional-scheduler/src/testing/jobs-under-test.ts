/**
 * The jobs API for tests: real HTTP, real Postgres for what is asked for, and a log that the test writes as a leader
 * would. Time is the test's.
 */
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { ManualClock } from '@cellbook/shared/clock.ts';
import {
  type AttemptId,
  hostIdSchema,
  type JobId,
  newAttemptId,
  newOrgId,
  newRequestId,
  newUserId,
  regionIdSchema,
} from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { principalHeader, principalIssuer, requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { idempotencyKeyHeader } from '@cellbook/shared/protocol/workspace-api.ts';
import { seededRandom, systemRandom } from '@cellbook/shared/random.ts';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { RouteAccess } from '../api/access/gate.ts';
import { type OpenJobs, type OpenJobsDeps, openJobs } from '../api/open-jobs.ts';
import { applyEvent } from '../core/apply-event.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { newState } from '../core/state.ts';
import type { StoredEntry } from '../log/event-log.ts';
import { createMemoryEventLog } from '../log/memory-event-log.ts';
import { createServer } from '../serve/server.ts';
import { noonMs } from './candidates.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from './test-database.ts';

export const regionId = regionIdSchema.parse('eu');
const schedulerId = 'gpu-eu';
export const hostId = hostIdSchema.parse('eu-gpu-1');

/** For what comes behind an answer, on a machine that is busy. */
export const patience = { timeout: 25_000, interval: 20 };

export interface Who {
  sub: string;
  org: string;
  tier?: string;
  regions?: readonly string[];
  role?: string;
  scopes?: readonly string[] | null;
  via?: string;
  quota?: unknown;
}

export interface JobsUnderTest {
  clock: ManualClock;
  database: SchedulerTestDatabase['database'];
  databaseUrl: string;
  jobs: OpenJobs;
  routes: RouteAccess[];
  url: string;
  objects: Map<string, Buffer>;
  newWho(given?: Partial<Who>): Who;
  sign(who: Who): Promise<string>;
  /** What a leader would have committed. */
  commit(...events: SchedulerEvent[]): Promise<void>;
  /** Takes what was submitted in, as a leader would. */
  takeIn(jobId: JobId): Promise<void>;
  /** The same, of so long ago that the log holds nothing of it. */
  onlyInState(jobId: JobId): Promise<void>;
  /** Places and starts it. */
  run(jobId: JobId): Promise<AttemptId>;
  succeed(jobId: JobId, attemptId: AttemptId, bytes?: Buffer): Promise<void>;
  /** What is committed meanwhile is told to nobody. */
  withoutHints<Value>(work: () => Promise<Value>): Promise<Value>;
  fetch(who: Who, path: string, init?: RequestInit): Promise<Response>;
  submit(who: Who, body: unknown, key?: string): Promise<Response>;
  close(): Promise<void>;
}

export async function jobsUnderTest(given: Partial<OpenJobsDeps> = {}): Promise<JobsUnderTest> {
  const clock = new ManualClock(noonMs);
  const random = seededRandom(11);
  const { database, url: databaseUrl, drop } = await createSchedulerTestDatabase();
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const log = createMemoryEventLog(() => 1);
  const state = newState();
  const listeners = new Set<(committed: readonly StoredEntry[]) => void>();
  const objects = new Map<string, Buffer>();
  const jobs = openJobs({
    ...{ regionId, schedulerId, database, clock, random, log: silentLogger, metrics: createMetrics() },
    region: {
      ...{ log, wake: () => {}, ask: (event) => under.commit(event), state: () => state },
      follow(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      leadership: () => ({ leads: true, epoch: 1 }),
    },
    objects: objectsOf(objects),
    predict: () => ({ p50Ms: 60_000, p95Ms: 120_000, seen: 9, model: 'test' }),
    edgeKeys: createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'edge' }] }),
    keys: [Buffer.alloc(32, 7)],
    publicUrl: new URL('http://localhost:8787'),
    redisUrl: null,
    webhookHosts: new Set(['127.0.0.1']),
    ...given,
  });
  const app = createServer({ random, log: silentLogger, metrics: createMetrics() });
  const routes = await jobs.register(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  let seq = 0;
  let isDeaf = false;

  const under: JobsUnderTest = {
    ...{ clock, database, databaseUrl, jobs, routes, url, objects },
    newWho: (who = {}) => ({
      sub: newUserId(systemRandom),
      org: newOrgId(systemRandom),
      tier: 'paid',
      ...who,
    }),
    async sign(who) {
      const iat = Math.floor(clock.nowMs() / 1_000);
      const claims = {
        name: 'Ada',
        role: 'member',
        scopes: null,
        via: 'token',
        cred: 'key-1',
        pin: 1,
        ...who,
      };
      return new SignJWT({ ...claims, iss: principalIssuer, aud: schedulerId, iat, exp: iat + 60 })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'edge' })
        .sign(privateKey);
    },
    async commit(...events) {
      const entries = events.map((event) => ({ event }));
      await log.append({ epoch: 1, firstSeq: seq + 1, entries });
      for (const event of events) applyEvent(state, event);
      const committed = entries.map((entry) => ({ ...entry, epoch: 1, seq: ++seq }));
      if (!isDeaf) for (const listener of listeners) listener(committed);
    },
    async takeIn(jobId) {
      const [record] = await jobs.store.find([jobId]);
      if (!record?.spec) throw new Error(`${jobId} has nothing to run`);
      await under.commit({ type: 'job_submitted', atMs: clock.nowMs(), job: record.spec });
    },
    async onlyInState(jobId) {
      const [record] = await jobs.store.find([jobId]);
      if (record?.spec) applyEvent(state, { type: 'job_submitted', atMs: clock.nowMs(), job: record.spec });
    },
    async run(jobId) {
      const attemptId = newAttemptId(systemRandom);
      const atMs = clock.nowMs();
      await under.commit(
        { type: 'job_placed', atMs, jobId, attemptId, hostId, devices: [0], version: '1' },
        { type: 'attempt_started', atMs, jobId, attemptId },
      );
      return attemptId;
    },
    async succeed(jobId, attemptId, bytes = Buffer.from('a video')) {
      const key = `results/${jobId}/${attemptId}/video.mp4`;
      objects.set(key, bytes);
      const atMs = clock.nowMs();
      const outcome = { kind: 'succeeded', resultKey: key, bytes: bytes.length } as const;
      const ran = { ranMs: 50_000, savedMs: 0, retryAtMs: null };
      await under.commit(
        { type: 'attempt_ended', atMs, jobId, attemptId, outcome, ...ran },
        { type: 'job_ended', atMs, jobId, phase: 'succeeded', because: 'it has its result' },
      );
    },
    async withoutHints(work) {
      isDeaf = true;
      const value = await work();
      isDeaf = false;
      return value;
    },
    fetch: async (who, path, init = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: {
          [principalHeader]: await under.sign(who),
          [requestIdHeader]: newRequestId(systemRandom),
          ...(init.body !== undefined && { 'content-type': 'application/json' }),
          ...Object.fromEntries(new Headers(init.headers)),
        },
      }),
    submit: (who, body, key = systemRandom.uuid()) =>
      under.fetch(who, '/v1/jobs', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { [idempotencyKeyHeader]: key },
      }),
    async close() {
      await jobs.stop();
      app.server.closeAllConnections();
      await app.close();
      await drop();
    },
  };
  return under;
}

const objectsOf = (objects: Map<string, Buffer>): OpenJobsDeps['objects'] => ({
  size: async (key) => objects.get(key)?.length ?? null,
  async read(key, range) {
    const all = objects.get(key);
    if (!all) return null;
    const part = range ? all.subarray(range.first, range.last + 1) : all;
    return { bytes: all.length, stream: Readable.from([part]) };
  },
  remove: async (key) => void objects.delete(key),
  list: async (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)),
});
