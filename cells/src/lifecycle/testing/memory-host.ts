/** For tests: one host with its lifecycle, in memory, on a clock that is moved by hand. */

import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema, newOrgId, newUserId, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { Hosts } from '../../host/hosts.ts';
import { LocalSandboxHost } from '../../host/local-sandbox-host.ts';
import type { SandboxHost } from '../../host/sandbox-host.ts';
import type { ResumeReport } from '../../ladder/resume-report.ts';
import { upTo } from '../../quotas/allowance.ts';
import { noQuotas } from '../../quotas/no-quotas.ts';
import type { WorkspaceVolumes } from '../../storage/workspace-volumes.ts';
import { Lifecycle, type LifecycleDeps } from '../lifecycle.ts';
import type { RuntimeListener } from '../runtime.ts';
import { SimulatedDriver } from '../sim/simulated-driver.ts';
import { SimulatedVolumes } from '../sim/simulated-volumes.ts';
import { MemoryTransitionStore } from '../stores/memory-transition-store.ts';
import { MemoryWorkspaceStore } from '../stores/memory-workspace-store.ts';

export interface MemoryHostOptions {
  capacity?: number;
  /** A second host, with so many places. */
  elsewhere?: number;
  /** What the organisation allows at most. */
  idleSecondsMax?: number;
  /** While it is on, the store answers nothing but errors. */
  outage?: { isOn: boolean };
  /** Stands between the lifecycle and what it acts on. */
  wrap?: {
    volumes(volumes: WorkspaceVolumes): WorkspaceVolumes;
    host(host: SandboxHost): SandboxHost;
    listener(listener: RuntimeListener): RuntimeListener;
  };
}

export async function makeHost(given: MemoryHostOptions = {}) {
  const clock = new ManualClock();
  const random = seededRandom(5);
  const transitions = new MemoryTransitionStore();
  const store = new MemoryWorkspaceStore(clock, transitions);
  let failureRate = 0;
  const fake = { clock, random, failureRate: () => failureRate };
  let starts = 0;
  const driver = new SimulatedDriver({
    ...fake,
    observe(what) {
      if (what === 'starting') starts++;
    },
  });
  const volumes = new SimulatedVolumes({ ...fake, observe: () => {} });
  const hostId = hostIdSchema.parse('host-a');
  const host = new LocalSandboxHost({ hostId, driver, capacity: given.capacity ?? 4 });
  const elsewhere = new LocalSandboxHost({
    hostId: hostIdSchema.parse('host-b'),
    driver: new SimulatedDriver({ ...fake, observe: () => {} }),
    capacity: given.elsewhere ?? 0,
  });
  const own = given.wrap?.host(host) ?? host;
  const lifecycleDeps: LifecycleDeps = {
    ...{ transitions, clock, random },
    store: given.outage ? withOutages(store, given.outage) : store,
    volumes: given.wrap?.volumes(volumes) ?? volumes,
    hosts: new Hosts(given.elsewhere === undefined ? [own] : [own, elsewhere]),
    log: silentLogger,
    quotas: {
      ...noQuotas,
      idleRules: async () => ({ secondsDefault: 1, secondsMax: given.idleSecondsMax ?? null }),
    },
    sandboxLimits: () => ({ memoryBytesMax: 1, cpuMillisMax: 1, pidsMax: 1, diskBytesMax: 1 }),
  };
  const lifecycle = new Lifecycle(lifecycleDeps);
  const heard: string[] = [];
  /** Seconds from now until its suspend, of each warning; null where one was taken back. */
  const warned: (number | null)[] = [];
  const resumed: ResumeReport[] = [];
  let busy = false;
  const listener: RuntimeListener = {
    onRunning: async () => void heard.push('running'),
    onSuspending: async () => void heard.push('suspending'),
    onSlept: () => void heard.push('slept'),
    onStopped: () => void heard.push('stopped'),
    onDeleted: async () => void heard.push('deleted'),
    onResumed: (_id, report) => void resumed.push(report),
    onIdleSoon: (_id, atMs) => void warned.push(atMs === null ? null : (atMs - clock.nowMs()) / 1_000),
    isBusy: () => busy,
  };
  lifecycle.addListener(given.wrap?.listener(listener) ?? listener);
  await lifecycle.start();

  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) await clock.advance(Math.min(250, left));
  }
  async function create(idleSuspendSeconds: number | null = null): Promise<WorkspaceId> {
    const id = newWorkspaceId(random);
    await volumes.create(id);
    const owner = { ownerId: newUserId(random), orgId: newOrgId(random), tier: 'free' } as const;
    const nowMs = clock.nowMs();
    const given = { id, ...owner, name: 'n', idleSuspendSeconds, nowMs, createKey: id };
    await store.create({ ...given, desired: 'suspended' }, upTo(10));
    return id;
  }
  async function settledRow(id: WorkspaceId) {
    const row = await store.get(id);
    if (!row) throw new Error('no row');
    return row;
  }
  return {
    ...{ clock, store, transitions, driver, volumes, host, lifecycle },
    ...{ heard, warned, resumed, pass, create, settledRow },
    elsewhere,
    starts: () => starts,
    /** The next controller on the same store and hosts. */
    async startAnother(): Promise<Lifecycle> {
      const next = new Lifecycle(lifecycleDeps);
      next.addListener(listener);
      await next.start();
      return next;
    },
    setBusy: (value: boolean) => {
      busy = value;
    },
    setFailureRate: (rate: number) => {
      failureRate = rate;
    },
  };
}

/** What a promise came to, without an unhandled rejection on the way. */
export function outcomeOf<T>(promise: Promise<T>) {
  const seen: { value?: T; code?: string; retryAfterMs?: number | undefined } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error) => {
      seen.code = error instanceof CellbookError ? error.code : String(error);
      if (error instanceof CellbookError) seen.retryAfterMs = error.retryAfterMs;
    },
  );
  return seen;
}

function withOutages(store: MemoryWorkspaceStore, outage: { isOn: boolean }): MemoryWorkspaceStore {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown =>
        outage.isOn ? Promise.reject(new Error('the store is away')) : Reflect.apply(value, target, given);
    },
  });
}
