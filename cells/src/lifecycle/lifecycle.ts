/**
 * The lifecycle of one cell: puts the parts together and keeps them going. Signals (the API in this process,
 * notifications from Postgres, a sandbox that ended, a timer) only wake the queue; the sweep finds what they
 * missed; reconcile does the work.
 */
import { type Clock, sleep, type Timer } from '@cellbook/shared/clock.ts';
import type { CellbookError } from '@cellbook/shared/errors.ts';
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import { type HostId, newSandboxId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import type { LeaseTerms } from '@cellbook/shared/lease.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Hosts } from '../host/hosts.ts';
import { MemoryRestStore } from '../ladder/memory-rest-store.ts';
import type { RestStore } from '../ladder/rest-store.ts';
import { RoomMaker } from '../ladder/room-maker.ts';
import type { MemberSource } from '../pool/member-source.ts';
import type { RunningQuotas } from '../quotas/request-running.ts';
import { repeatEvery } from '../repeat.ts';
import type { Sandbox, SandboxLimits } from '../sandbox/driver.ts';
import { noSecrets, type SecretSource } from '../secrets/secret-source.ts';
import { type ImageKeys, imageKeysInMemory } from '../snapshots/image-keys.ts';
import type { RemoteImages } from '../snapshots/remote-images.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import { Activity } from './activity.ts';
import { Adoptions } from './adoptions.ts';
import { BootTurns, lanesFor, type QueuePlace } from './boot-turns.ts';
import { IdleWarnings } from './idle-warnings.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { type LifecycleMetrics, noMetrics } from './lifecycle-metrics.ts';
import { QueueWatch } from './queue-watch.ts';
import { reconcile } from './reconcile.ts';
import { Resumes } from './resumes.ts';
import { RowCache } from './row-cache.ts';
import type { RuntimeListener, WorkspaceRuntime } from './runtime.ts';
import { SeenRevisions } from './seen-revisions.ts';
import { Silences } from './silences.ts';
import { allSteps } from './steps/all-steps.ts';
import type { LeaseStore } from './stores/lease-store.ts';
import type { TransitionStore } from './stores/transition-store.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';
import type { WorkspaceStore } from './stores/workspace-store.ts';
import { sweep } from './sweep.ts';
import { WorkQueue } from './work-queue.ts';

export interface LifecycleDeps {
  store: WorkspaceStore & LeaseStore;
  transitions: TransitionStore;
  volumes: WorkspaceVolumes;
  hosts: Hosts;
  /** What suspended workspaces keep of their memory; in this process alone unless told. */
  rests?: RestStore;
  /** What their images are sealed with; drawn in this process alone unless told. */
  imageKeys?: ImageKeys;
  /** Their copies in the object store; none unless told. */
  remoteImages?: Pick<RemoteImages, 'remove'>;
  /** Sandboxes that are ready; null, or absent, where there are none. */
  pool?: MemberSource | null;
  /** Begins the name of every lease's holder, so that its successor can tell them; its host's id unless told. */
  controllerId?: string;
  /** True where hosts go on without this process: a stop leaves what runs to the next controller. */
  sandboxesOutlive?: boolean;
  clock: Clock;
  random: Random;
  log: Logger;
  sandboxLimits(tier: Tier): SandboxLimits;
  metrics?: LifecycleMetrics;
  /** Where nothing is kept, sandboxes are told that there is nothing. */
  secrets?: SecretSource;
  leaseTerms?: LeaseTerms;
  /** How many may run; absent: as many as there is capacity for. */
  quotas?: RunningQuotas;
  failpoint?: Failpoint;
}

export class Lifecycle implements WorkspaceRuntime {
  readonly #deps: LifecycleDeps;
  readonly #controllerId: string;
  readonly #holder: string;
  readonly #rests: RestStore;
  readonly #imageKeys: ImageKeys;
  readonly #room: RoomMaker;
  readonly #listeners: RuntimeListener[] = [];
  readonly #announced = new Map<WorkspaceId, number>();
  readonly #adoptions: Adoptions;
  readonly #silences: Silences;
  readonly #rows: RowCache;
  readonly #seen = new SeenRevisions();
  readonly #boots: BootTurns;
  readonly #queueWatch: QueueWatch;
  readonly #activity: Activity;
  readonly #warnings: IdleWarnings;
  readonly #leases: LeaseKeeper;
  readonly #queue: WorkQueue;
  readonly #resumes: Resumes;
  #tellQueued: QueueListener = () => {};
  #timers: Timer[] = [];
  #unsubscribe: (() => Promise<void>) | null = null;
  #draining = false;

  constructor(deps: LifecycleDeps) {
    this.#deps = deps;
    const { store, clock, random, log, hosts } = deps;
    this.#controllerId = deps.controllerId ?? String(hosts.ids[0]);
    this.#holder = `${this.#controllerId}/${random.uuid()}`;
    this.#rests = deps.rests ?? new MemoryRestStore();
    this.#imageKeys = deps.imageKeys ?? imageKeysInMemory(random);
    this.#room = new RoomMaker({ rests: this.#rests, hosts, clock, wake: (id) => this.#queue.wake(id) });
    this.#rows = new RowCache(store, clock);
    this.#warnings = new IdleWarnings(this.#listeners);
    this.#activity = new Activity(clock, this.#listeners, (id) => this.#warnings.takeBack(id));
    this.#adoptions = new Adoptions(clock);
    this.#silences = new Silences(clock);
    const terms = deps.leaseTerms ?? limits.lifecycle.lease;
    this.#leases = new LeaseKeeper({ store, clock, log, holder: this.#holder, hostIds: hosts.ids, terms });
    const idle = () => Math.min(this.#boots.waiting, limits.lifecycle.waitingBootsMax);
    this.#queue = new WorkQueue({ work: (id) => this.#reconcile(id), idle, clock, random, log });
    this.#boots = new BootTurns({
      clock,
      lanes: (isMixed) => lanesFor(hosts.processors, isMixed),
      onWaiting: () => {
        this.#queue.startMore();
        this.#queueWatch.wake();
      },
    });
    deps.pool?.takeTurns?.(this.#boots.ahead);
    this.#queueWatch = new QueueWatch({
      clock,
      queue: () => this.#boots.queue(),
      tell: (id, place) => this.#tellQueued(id, place),
    });
    this.#resumes = new Resumes({
      store,
      quotas: deps.quotas,
      clock,
      current: (id) => this.current(id),
      wake: (id) => this.#queue.wake(id),
      isDraining: () => this.#draining,
    });
    hosts.onLost((id) => this.#queue.wake(id));
  }

  /** Takes over from a predecessor that is known to be gone, then starts listening and sweeping. */
  async start(options: { isAlone: boolean } = { isAlone: false }): Promise<void> {
    const { store, clock, log } = this.#deps;
    if (options.isAlone) {
      const freed = await store.expireLeasesOf(this.#controllerId, this.#holder);
      if (freed > 0) log.info({ leases: freed }, 'took over the leases of an earlier process');
    }
    this.#unsubscribe = await store.subscribe(({ workspaceId, revision }) => {
      if (!this.#seen.isNews(workspaceId, revision)) return;
      this.#rows.forget(workspaceId);
      this.#queue.wake(workspaceId);
    });
    await this.#sweep().catch((error: unknown) =>
      log.warn({ err: error }, 'the first sweep failed; it comes again'),
    );
    this.#timers = [
      repeatEvery(clock, limits.lifecycle.sweepIntervalMs, () => this.#sweep(), log),
      repeatEvery(clock, limits.lifecycle.activityFlushMs, () => this.#writeActivity(), log),
    ];
  }

  async find(workspaceId: WorkspaceId) {
    const row = await this.#rows.get(workspaceId);
    if (!row || row.desired === 'deleted' || row.purgedAtMs !== null) return null;
    const { id, ownerId, name, desired, phase, epoch, problem, lastResume } = row;
    return { id, ownerId, name, desired, phase, epoch, problem, lastResume };
  }

  /** Whose it is, or null when there is none, or it is deleted and only undeleted ones count. */
  async tenantOf(workspaceId: WorkspaceId, deletedToo: boolean) {
    const row = await this.#rows.get(workspaceId);
    if (!row || row.purgedAtMs !== null) return null;
    if (row.desired === 'deleted' && !deletedToo) return null;
    return { ownerId: row.ownerId, orgId: row.orgId };
  }

  current(workspaceId: WorkspaceId): Sandbox | null {
    const sandbox = this.#deps.hosts.current(workspaceId);
    return sandbox && this.#announced.get(workspaceId) === sandbox.epoch ? sandbox : null;
  }

  ensureRunning(workspaceId: WorkspaceId, signal: AbortSignal): Promise<Sandbox> {
    return this.#resumes.ensureRunning(workspaceId, signal);
  }

  touch(workspaceId: WorkspaceId): void {
    this.#activity.touch(workspaceId);
  }

  addListener(listener: RuntimeListener): void {
    this.#listeners.push(listener);
  }

  /** Something about it changed: look at it now. Only a hint. */
  wake(workspaceId: WorkspaceId): void {
    this.#rows.forget(workspaceId);
    this.#queue.wake(workspaceId);
  }

  /** As leases name this process. */
  get holder(): string {
    return this.#holder;
  }

  /** Where it stands among those that wait to start; null where it does not wait. */
  queuePlace(workspaceId: WorkspaceId): QueuePlace | null {
    return this.#boots.queue().get(workspaceId) ?? null;
  }

  /** Called when a workspace's place among those that wait to start has changed; null: it waits no longer. */
  onQueued(tell: QueueListener): void {
    this.#tellQueued = tell;
  }

  /** It is being acted on here, now. */
  isAtWork(workspaceId: WorkspaceId): boolean {
    return this.#queue.isBusyWith(workspaceId);
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** From now on nothing is resumed, and who waits for one is told to come back. The first half of a drain. */
  refuseNew(): void {
    this.#draining = true;
    this.#resumes.refuseAll();
  }

  /**
   * Suspends what runs (its owner's wish stays `running`: it comes back at the next need), gives the leases
   * back and stops. What is not done by the deadline is left to the next start.
   */
  async drain(deadlineMs: number = limits.lifecycle.drainMs): Promise<void> {
    this.refuseNew();
    if (this.#deps.sandboxesOutlive) return this.#handOver(deadlineMs);
    const held = this.#leases.held();
    this.#deps.log.info({ workspaces: held.length }, 'draining');
    for (const workspaceId of held) this.#queue.wake(workspaceId);
    await this.#untilNoneHeld(deadlineMs);
    await this.stop();
  }

  /** What runs goes on; its leases are given back at once, so that the next controller adopts it without waiting. */
  async #handOver(deadlineMs: number): Promise<void> {
    const held = this.#leases.held();
    this.#deps.log.info({ workspaces: held.length }, 'leaving what runs to the next controller');
    // Steps under way end, or are cut by the end of this process before their leases could be another's.
    await Promise.race([this.stop(), sleep(this.#deps.clock, deadlineMs)]);
    await Promise.all(held.map((workspaceId) => this.#leases.release(workspaceId).catch(() => {})));
  }

  /** Stops looking and acting, at once and without putting anything away: what a crash does, but tidier. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#leases.stop();
    this.#queueWatch.stop();
    await this.#writeActivity().catch(() => {});
    await this.#unsubscribe?.().catch(() => {});
    await this.#queue.stop();
  }

  #reconcile(workspaceId: WorkspaceId) {
    const { store, transitions, volumes, hosts, clock, random, log, sandboxLimits, failpoint } = this.#deps;
    const metrics = this.#deps.metrics ?? noMetrics;
    const secrets = this.#deps.secrets ?? noSecrets;
    const quotas = this.#deps.quotas;
    const tools = {
      ...{ volumes, hosts, secrets, clock, log, listeners: this.#listeners, sandboxLimits },
      rests: this.#rests,
      imageKeys: this.#imageKeys,
      pool: this.#deps.pool ?? null,
      remoteImages: this.#deps.remoteImages ?? noRemoteImages,
      boots: this.#boots,
      makeRoom: (hostId: HostId, signal: AbortSignal) => this.#room.make(hostId, signal),
    };
    return reconcile(
      {
        store,
        transitions,
        clock,
        random,
        log,
        holder: this.#holder,
        steps: allSteps,
        ...(failpoint && { failpoint }),
        tools: { ...tools, newSandboxId: () => newSandboxId(random) },
        leases: this.#leases,
        observing: {
          ...(quotas && { idleRules: (row: WorkspaceRow) => quotas.idleRules(row) }),
          rests: this.#rests,
          isPlaceNeeded: (id) => this.#room.isWanted(id),
          ...{ hosts, volumes, adoptions: this.#adoptions, silences: this.#silences, clock },
          activity: this.#activity,
          isDraining: () => this.#draining && !this.#deps.sandboxesOutlive,
          isDemanded: (id) => this.#resumes.isWaiting(id),
        },
        observeStep: (step, outcome, durationMs) => metrics.observeStep(step, outcome, durationMs),
        observeRow: (row) => this.#observeRow(row),
        observeFailure: (row, error) => this.#observeFailure(row, error),
        observeResume: (row) => this.#observeResume(row),
        observeIdle: (id, suspendsAtMs) => this.#warnings.warn(id, suspendsAtMs),
        observeAdoption: (row, succeeded) => this.#observeAdoption(row, succeeded),
      },
      workspaceId,
    );
  }

  #observeRow(row: WorkspaceRow): void {
    this.#rows.put(row);
    this.#seen.note(row.id, row.revision);
    if (row.phase !== 'running') {
      this.#announced.delete(row.id);
      this.#warnings.takeBack(row.id);
      if (row.phase !== 'suspended' && row.phase !== 'deleted') return;
      // What is tried in vain until then is counted on, so that it ends.
      this.#adoptions.forget(row.id);
      this.#activity.forget(row.id);
      return;
    }
    const sandbox = this.#deps.hosts.current(row.id);
    if (sandbox?.epoch !== row.epoch) return;
    if (this.#announced.get(row.id) === row.epoch) return;
    this.#announced.set(row.id, row.epoch);
    this.#resumes.landed(row.id, sandbox);
  }

  #observeResume({ id, lastResume }: WorkspaceRow): void {
    this.#adoptions.forget(id);
    // A resume is use: what woke it may have been nothing but a look.
    this.#activity.touch(id);
    if (lastResume === null) return;
    this.#deps.metrics?.observeResume(lastResume);
    for (const listener of this.#listeners) listener.onResumed?.(id, lastResume);
  }

  /** One that was taken over to be put to sleep rests by now. */
  #observeAdoption({ id, phase }: WorkspaceRow, succeeded: boolean): void {
    if (phase !== 'suspended') this.#adoptions.note(id, succeeded);
  }

  #observeFailure(row: WorkspaceRow, error: CellbookError): void {
    this.#deps.metrics?.countFailure(error.code);
    this.#resumes.attemptFailed(row, error);
  }

  async #sweep(): Promise<void> {
    const { store, hosts, clock, log } = this.#deps;
    const held = new Set(this.#leases.held());
    // Looked at often, since one that is busy now must not count as idle since its last message.
    for (const workspaceId of held) this.#activity.isBusy(workspaceId);
    const wake = (workspaceId: WorkspaceId) => this.#queue.wake(workspaceId);
    // A store that was away longer than a lease: what runs here is taken up again, under its epoch.
    // Where its host drains it may have been busy until now.
    for (const workspaceId of this.#announced.keys())
      if (!held.has(workspaceId) || hosts.isToLeave(workspaceId)) wake(workspaceId);
    const isHeld = (workspaceId: WorkspaceId) => held.has(workspaceId);
    await sweep({ store, rests: this.#rests, hosts, clock, log, holder: this.#holder, isHeld, wake });
    await this.#room.keepSome();
    this.#deps.metrics?.observeLoad(hosts.load());
  }

  async #writeActivity(): Promise<void> {
    await this.#deps.store.touch(this.#activity.takeUnwritten());
  }

  async #untilNoneHeld(deadlineMs: number): Promise<void> {
    const { clock } = this.#deps;
    const endMs = clock.monotonicMs() + deadlineMs;
    while (this.#leases.held().length > 0 && clock.monotonicMs() < endMs) {
      await new Promise<void>((resolve) => clock.setTimer(drainLookMs, resolve));
    }
  }
}

type QueueListener = (workspaceId: WorkspaceId, place: QueuePlace | null) => void;

const drainLookMs = 50;
const noRemoteImages = { remove: async () => {} };
