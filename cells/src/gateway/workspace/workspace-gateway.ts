/**
 * Everything the gateway keeps for one workspace while it is in use: its kernels, sessions and terminals,
 * and the sandbox they live in now. Loaded from the store when first asked for; the store's rows are written
 * through, so that forgetting this object loses nothing but output that nobody waits for.
 *
 *     lifecycle: onRunning ─▶ attach      onSuspending ─▶ suspend      onSlept ─▶ slept, or onStopped ─▶ stopped
 */

import { sleep } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import type { KernelId, SessionId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import type { Sandbox, SandboxExit } from '../../sandbox/driver.ts';
import type { SupervisorLink } from '../../sandbox/link/supervisor-link.ts';
import type { LogBudget } from '../channel/output-log.ts';
import type { Compose } from '../frames/message.ts';
import type { GatewayDeps } from '../gateway.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import { explainKernelExit, explainSandboxExit } from '../kernels/death.ts';
import { Kernel } from '../kernels/kernel.ts';
import type { KernelHost, LiveSandbox } from '../kernels/kernel-host.ts';
import { OutputFollower } from '../outputs/output-follower.ts';
import type { KernelRecord, SessionRecord } from '../store/kernel-store.ts';
import type { Terminal } from '../terminals/terminal.ts';
import { adoptAll, settleSurvey } from './adopt.ts';
import { Kernelspecs } from './kernelspecs.ts';

export interface Shared {
  deps: GatewayDeps;
  compose: Compose;
  budget: LogBudget;
  metrics: GatewayMetrics;
}

interface Attached extends LiveSandbox {
  sandbox: Sandbox;
  link: SupervisorLink;
  /** Takes its listeners off the link. */
  stopListening(): void;
  release(): void;
  isSuspending: boolean;
}

export class WorkspaceGateway implements KernelHost {
  readonly id: WorkspaceId;
  readonly kernels = new Map<KernelId, Kernel>();
  readonly sessions = new Map<SessionId, SessionRecord>();
  readonly terminals = new Map<string, Terminal>();
  readonly kernelspecs: Kernelspecs;
  readonly follower: OutputFollower;
  readonly deps: GatewayDeps;
  readonly compose: Compose;
  readonly budget: LogBudget;
  readonly metrics: GatewayMetrics;
  /** Where kernels that are being started for a session not recorded yet belong. */
  readonly pathsOfStarting = new Map<KernelId, string>();
  /** One creation per path at a time. */
  readonly sessionFlights = new SingleFlight<string, SessionRecord>();
  #attached: Attached | null = null;
  /** Settles when a suspend that was begun is given up. */
  #stayed = Promise.withResolvers<void>();
  #waitingForLive = 0;
  #saving: Promise<void> = Promise.resolve();

  static async load(id: WorkspaceId, shared: Shared): Promise<WorkspaceGateway> {
    const workspace = new WorkspaceGateway(id, shared);
    const { store } = shared.deps;
    const [kernels, sessions] = await Promise.all([store.listKernels(id), store.listSessions(id)]);
    for (const record of kernels) workspace.kernels.set(record.id, new Kernel(record, workspace));
    for (const record of sessions) workspace.sessions.set(record.id, record);
    return workspace;
  }

  private constructor(id: WorkspaceId, { deps, compose, budget, metrics }: Shared) {
    this.id = id;
    this.deps = deps;
    this.compose = compose;
    this.budget = budget;
    this.metrics = metrics;
    const { clock, log, store, notebooks } = deps;
    this.follower = new OutputFollower({
      clock,
      log,
      notebookOf: (kernelId) => this.notebookOf(kernelId),
      updateNotebook: (path, change) => notebooks.update(id, path, change),
      written: (outcome) => metrics.notebookWrites.inc({ outcome }),
    });
    this.kernelspecs = new Kernelspecs({
      clock,
      live: () => this.live,
      ensureLive: () => this.ensureLive(),
      load: () => store.getKernelspecs(id),
      save: (catalog) => store.putKernelspecs(id, catalog),
    });
  }

  get clock() {
    return this.deps.clock;
  }

  get log() {
    return this.deps.log;
  }

  /** The current sandbox; null while it sleeps and from the moment it starts to suspend. */
  get live(): LiveSandbox | null {
    return this.#attached && !this.#attached.isSuspending ? this.#attached : null;
  }

  /** Its sandbox is gone or sleeps, and nobody has asked for one. */
  get isResting(): boolean {
    return this.live === null && this.#waitingForLive === 0;
  }

  get isBusy(): boolean {
    for (const kernel of this.kernels.values()) if (kernel.isBusy) return true;
    for (const terminal of this.terminals.values()) if (terminal.isBusy) return true;
    return false;
  }

  get connections(): number {
    let count = 0;
    for (const kernel of this.kernels.values()) count += kernel.channel.connections;
    return count;
  }

  /** Nothing runs, nobody is connected: it can be forgotten and loaded again. */
  get isDormant(): boolean {
    if (this.#attached || this.#waitingForLive > 0 || this.connections > 0) return false;
    return this.pathsOfStarting.size === 0 && this.terminals.size === 0 && !this.isBusy;
  }

  isCurrent(live: LiveSandbox): boolean {
    return live === this.live;
  }

  async ensureLive(): Promise<LiveSandbox> {
    // Whoever waits holds on to this object: it may not be forgotten and loaded a second time meanwhile.
    this.#waitingForLive += 1;
    try {
      return await this.#ensureLive();
    } finally {
      this.#waitingForLive -= 1;
    }
  }

  #ensureLive(): Promise<LiveSandbox> {
    const details = {
      code: 'resume_timeout' as const,
      doing: `resuming workspace ${this.id}`,
      next: 'The resume goes on; try again in a few seconds.',
      ids: { workspaceId: this.id },
    };
    return withDeadline(this.clock, limits.lifecycle.holdRequestMsMax, details, async (signal) => {
      while (!this.live) {
        signal.throwIfAborted();
        if (this.#attached) await this.#leavesOrStays(this.#attached, signal);
        this.attach(await this.deps.runtime.ensureRunning(this.id, signal));
      }
      return this.live;
    });
  }

  /**
   * One that is being suspended is on its way out: the next is asked for when it has gone. Where the suspend has failed,
   * it stays until it is asked for, and the lifecycle is asked before that.
   */
  async #leavesOrStays({ lost }: Attached, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const given = AbortSignal.any([signal, over.signal]);
    const patience = sleep(this.clock, limits.gateway.suspendPatienceMs, given).catch(() => undefined);
    await Promise.race([lost, this.#stayed.promise, patience]);
    over.abort();
  }

  /** Idempotent for one sandbox. `whyLost`: why it does not come with the memory that was kept. */
  attach(sandbox: Sandbox, whyLost?: string): void {
    if (this.#attached?.sandbox === sandbox) return;
    const before = this.#attached;
    if (before && before.sandbox.epoch > sandbox.epoch) return;
    if (before && before.sandbox.id === sandbox.id) {
      this.#goOn(before, sandbox);
      return;
    }
    this.detach(null);
    const { link } = sandbox;
    let markLost = () => {};
    const lost = new Promise<void>((resolve) => {
      markLost = resolve;
    });
    const release = () => {
      attached.stopListening();
      markLost();
    };
    const stopListening = this.#listen(link);
    const attached: Attached = { sandbox, link, lost, stopListening, release, isSuspending: false };
    this.#attached = attached;
    if (link.inherited) adoptAll(this, attached, link.inherited);
    // Whoever slept and is not in this sandbox is not coming back.
    for (const kernel of this.kernels.values()) kernel.forgotten(whyLost);
    for (const terminal of this.terminals.values()) terminal.forgotten();
  }

  /** The same sandbox, under a newer epoch or over a new connection: whoever uses it goes on. */
  #goOn(attached: Attached, sandbox: Sandbox): void {
    attached.sandbox = sandbox;
    if (attached.link === sandbox.link) return;
    attached.stopListening();
    attached.link = sandbox.link;
    attached.stopListening = this.#listen(sandbox.link);
  }

  /** It runs, whatever became of a suspend before: one that failed on its way has left it asleep here. */
  runs(sandbox: Sandbox): void {
    const attached = this.#attached;
    if (attached?.sandbox !== sandbox || !attached.isSuspending) return;
    attached.isSuspending = false;
    for (const kernel of this.kernels.values()) kernel.stayed();
    for (const terminal of this.terminals.values()) terminal.stayed();
    this.#stayed.resolve();
  }

  /** Hears what an inherited sandbox has to say, and learns what runs in it. */
  async takeOver(sandbox: Sandbox): Promise<void> {
    const attached = this.#attached;
    if (!sandbox.link.inherited || attached?.link !== sandbox.link) return;
    settleSurvey(this, attached, sandbox.link.inherited, await sandbox.link.takeOver());
  }

  #listen(link: SupervisorLink): () => void {
    const stop = [
      link.on('kernelMessage', (kernelId, frame) => this.#fromKernel(kernelId, frame)),
      link.on('kernelState', (kernelId, state, exit) => {
        if (state === 'dead') this.kernels.get(kernelId)?.died(explainKernelExit(exit));
      }),
      link.on('terminalOutput', (name, data) => this.terminals.get(name)?.output(data)),
      link.on('terminalExit', (name) => this.#terminalEnded(name)),
    ];
    return () => {
      for (const each of stop) each();
    };
  }

  /** Writes what still has to be written. From here on messages wait for the sandbox to be back, or for the next. */
  async suspend(sandbox: Sandbox): Promise<void> {
    // Of another sandbox than the one in use nothing is left to park.
    if (this.#attached && this.#attached.sandbox !== sandbox) return;
    if (this.#attached) this.#attached.isSuspending = true;
    this.#stayed = Promise.withResolvers();
    for (const kernel of this.kernels.values()) kernel.sleep();
    for (const terminal of this.terminals.values()) terminal.sleep();
    await this.follower.flush();
  }

  /** The sandbox sleeps, and what runs in it with it. */
  slept(): void {
    const attached = this.#attached;
    if (!attached?.isSuspending) return;
    this.#attached = null;
    for (const kernel of this.kernels.values()) kernel.slept();
    for (const terminal of this.terminals.values()) terminal.slept();
    attached.release();
  }

  /** Of what slept nothing is kept any more: the next resume starts anew, and what is asked for until then with it. */
  forgot(): void {
    if (this.#attached) return;
    for (const kernel of this.kernels.values()) kernel.park();
    for (const terminal of this.terminals.values()) terminal.park();
  }

  /** The lifecycle is done with its sandbox. One that died says why: its kernels' clients are told. */
  stopped(): void {
    const attached = this.#attached;
    if (!attached) return;
    // At once: what clients ask for from here on is for the next.
    if (attached.isSuspending) this.detach(null);
    else
      void attached.sandbox.exited.then((exit) => {
        if (this.#attached === attached) this.detach(exit);
      });
  }

  /** The sandbox is gone. `exit` says why when that was not planned. */
  detach(exit: SandboxExit | null): void {
    const attached = this.#attached;
    if (!attached) return;
    this.#attached = null;
    attached.release();
    for (const terminal of this.terminals.values()) terminal.park();
    if (attached.isSuspending || exit === null) {
      for (const kernel of this.kernels.values()) kernel.park();
      return;
    }
    for (const kernel of this.kernels.values()) kernel.died(explainSandboxExit(exit));
  }

  environment(kernelId: KernelId): Record<string, string> {
    const path = this.pathsOfStarting.get(kernelId) ?? this.#sessionOf(kernelId)?.path;
    return path === undefined ? {} : { JPY_SESSION_NAME: path };
  }

  /** The notebook whose outputs a kernel's are. */
  notebookOf(kernelId: KernelId): string | null {
    for (const session of this.sessions.values())
      if (session.kernelId === kernelId && session.type === 'notebook') return session.path;
    return null;
  }

  /** Written one after the other, so that the last state wins; a kernel that was deleted is not written again. */
  save(record: KernelRecord): void {
    if (!this.kernels.has(record.id)) return;
    const state = { ...record };
    this.#saving = this.#saving
      .then(() => this.deps.store.putKernel(state))
      .catch((thrown) => {
        this.log.error({ err: thrown, workspaceId: this.id, kernelId: state.id }, 'saving a kernel failed');
      });
  }

  /** Settles when every `save` so far is done: what is deleted afterwards stays deleted. */
  get saved(): Promise<void> {
    return this.#saving;
  }

  touch(): void {
    this.deps.runtime.touch(this.id);
  }

  closeSockets(code: number, reason: string): void {
    for (const kernel of this.kernels.values()) kernel.channel.closeAll(code, reason);
    for (const terminal of this.terminals.values()) terminal.closeSockets(code, reason);
  }

  dispose(): void {
    this.detach(null);
    this.follower.stop();
    for (const kernel of this.kernels.values()) kernel.channel.dispose();
  }

  #sessionOf(kernelId: KernelId): SessionRecord | undefined {
    for (const session of this.sessions.values()) if (session.kernelId === kernelId) return session;
    return undefined;
  }

  #fromKernel(kernelId: KernelId, frame: Buffer): void {
    try {
      this.kernels.get(kernelId)?.fromKernel(frame);
    } catch (thrown) {
      this.log.error(
        { err: thrown, workspaceId: this.id, kernelId },
        'dropped a malformed message of a kernel',
      );
    }
  }

  #terminalEnded(name: string): void {
    this.terminals.get(name)?.end();
    this.terminals.delete(name);
  }
}
