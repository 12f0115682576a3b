/**
 * A host in another process, through its daemon. What this controller knows of each sandbox there:
 *
 *     unknown ──start, adopt──▶ connected ──EXITED──▶ ended (its exit is known)
 *                                 │   ▲
 *                  connection lost│   │adopt, under the same epoch or a newer one
 *                                 ▼   │
 *                                 cut ──look: it is not there──▶ ended
 *
 * The daemon is the truth; a lost connection is no lost sandbox. The lifecycle is told, looks, and adopts. One
 * that has fallen silent has its connections cut from here (host-watch.ts), so that nobody goes on talking to it.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { RestImage } from '../../ladder/rest.ts';
import type { ObservedSandbox, Sandbox, SandboxExit, SandboxSpec } from '../../sandbox/driver.ts';
import { StdioLink } from '../../sandbox/link/stdio-link.ts';
import type { SnapshotFingerprint } from '../../sandbox/snapshot/fingerprint.ts';
import { textOf } from '../../snapshots/image-key.ts';
import type { KeptImage } from '../../snapshots/image-shelf.ts';
import type { SentImage } from '../../snapshots/remote-images.ts';
import type { HostLoad, HostPool, ImageOwner, SandboxHost, Sight } from '../sandbox-host.ts';
import {
  type HostState,
  hostStateSchema,
  hostViewSchema,
  imagesSchema,
  nothingSchema,
  type SandboxOfEpoch,
  sentImageSchema,
  storedSchema,
  type WorkspaceView,
  workspaceViewSchema,
} from '../wire/commands.ts';
import type { HostClient } from './host-client.ts';
import { watchHost } from './host-watch.ts';
import { openLink } from './open-link.ts';

export interface RemoteSandboxHostDeps {
  client: HostClient;
  clock: Clock;
  log: Logger;
}

interface Known {
  sandbox: Sandbox;
  /** False from the moment the connection is lost. */
  isConnected: boolean;
  /** True from the moment its end was asked for: its exit is no loss. */
  stopping: boolean;
  end(exit: SandboxExit): void;
}

export class RemoteSandboxHost implements SandboxHost {
  readonly #deps: RemoteSandboxHostDeps;
  readonly #known = new Map<WorkspaceId, Known>();
  readonly #losses = new Map<WorkspaceId, SandboxExit>();
  /** Of those that were taken over. */
  readonly #cameBy = new Map<WorkspaceId, Rung>();
  readonly #lostListeners: ((workspaceId: WorkspaceId) => void)[] = [];
  /** As it last said; nothing is free on one that has not answered yet. */
  #state: HostState | null = null;
  #answers = false;
  /** It did not answer, and that was told. */
  #isSilent = false;
  #watch: Timer | null = null;

  constructor(deps: RemoteSandboxHostDeps) {
    this.#deps = deps;
  }

  get hostId(): HostId {
    return this.#deps.client.hostId;
  }

  get processors(): number {
    return this.#state?.processors ?? 1;
  }

  get isOpen(): boolean {
    return this.#answers && !this.isDraining;
  }

  get isDraining(): boolean {
    return this.#state?.draining ?? false;
  }

  get waitsForBusy(): boolean {
    return this.#state?.waitsForBusy ?? false;
  }

  get keeps(): SnapshotFingerprint | null {
    return this.#state?.keeps ?? null;
  }

  get pool(): HostPool | null {
    const pool = this.#state?.pool;
    if (!pool) return null;
    return {
      ...pool,
      add: (sandboxId, generation, signal) => this.#member('POST', sandboxId, { generation }, signal),
      drop: (sandboxId) => this.#member('DELETE', sandboxId),
      claim: ({ workspaceId, ...asked }, signal) => this.#bringUp('claim', workspaceId, asked, signal),
    };
  }

  async start(spec: SandboxSpec, signal: AbortSignal, image?: KeptImage): Promise<Sandbox> {
    const { workspaceId, ...asked } = spec;
    const body = {
      ...asked,
      ...(image && { image: { of: image.of, key: textOf(image.key), remote: image.remoteOf !== undefined } }),
    };
    return this.#bringUp('start', workspaceId, body, signal);
  }

  async #member(
    method: 'POST' | 'DELETE',
    sandboxId: SandboxId,
    body?: { generation: string },
    signal?: AbortSignal,
  ): Promise<void> {
    const path = `/v1/members/${sandboxId}`;
    const command = { method, path, ...(body && { body }), deadlineMs: limits.pool.addMs, signal };
    this.#note(await this.#deps.client.call(hostStateSchema, command));
  }

  async #bringUp(
    command: 'start' | 'claim',
    workspaceId: WorkspaceId,
    body: object,
    signal: AbortSignal,
  ): Promise<Sandbox> {
    const view = await this.#command(workspaceId, command, body, limits.lifecycle.startMs, signal);
    if (!view.sandbox) throw this.#deps.client.unreachable('it started a sandbox that ended at once');
    return this.#connect(workspaceId, view.sandbox, signal);
  }

  async adopt(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Sandbox | null> {
    const view = await this.#command(workspaceId, 'adopt', { epoch }, limits.lifecycle.adoptMs, signal);
    if (!view.sandbox) {
      this.#noteGone(workspaceId, view.loss);
      return null;
    }
    // A host that no longer says it has another sandbox than the one it said it of.
    if (view.cameBy) this.#cameBy.set(workspaceId, view.cameBy);
    else this.#cameBy.delete(workspaceId);
    return this.#connect(workspaceId, view.sandbox, signal);
  }

  cameBy(workspaceId: WorkspaceId): Rung | null {
    return this.#cameBy.get(workspaceId) ?? null;
  }

  async freeze(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<void> {
    const known = this.#known.get(workspaceId);
    // Its connection ends with it, and that is no loss.
    if (known) known.stopping = true;
    try {
      await this.#command(workspaceId, 'freeze', { epoch }, limits.ladder.sleepMs, signal);
    } catch (error) {
      if (known) known.stopping = false;
      throw error;
    }
    this.#noteGone(workspaceId, { reason: 'stopped' });
  }

  async thaw(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Sandbox | null> {
    const deadlineMs = limits.ladder.budgetMs.live;
    const view = await this.#command(workspaceId, 'thaw', { epoch }, deadlineMs, signal);
    return view.sandbox && this.#connect(workspaceId, view.sandbox, signal);
  }

  async store(
    workspaceId: WorkspaceId,
    epoch: number,
    { of, key }: KeptImage,
    signal: AbortSignal,
  ): Promise<RestImage | null> {
    const body = { epoch, of, key: textOf(key) };
    const { host, image } = await this.#deps.client.call(storedSchema, {
      ...{ method: 'POST', path: `/v1/workspaces/${workspaceId}/store`, body },
      ...{ deadlineMs: limits.ladder.storeMs, signal },
    });
    this.#note(host);
    return image;
  }

  openAhead(workspaceId: WorkspaceId, { of, key }: KeptImage): void {
    const command = { method: 'POST' as const, path: `/v1/images/${of}/open` };
    const body = { workspaceId, key: textOf(key) };
    // A host of an earlier version does not know it, and opens the image when it is to be started.
    void this.#deps.client.call(nothingSchema, { ...command, body }).catch(() => undefined);
  }

  sendImage(workspaceId: WorkspaceId, { of, key }: KeptImage, signal: AbortSignal): Promise<SentImage> {
    return this.#deps.client.call(sentImageSchema, {
      ...{ method: 'POST', path: `/v1/images/${of}/send`, body: { workspaceId, key: textOf(key) } },
      ...{ deadlineMs: limits.snapshots.sendMs, signal },
    });
  }

  async images(): Promise<SandboxId[]> {
    const command = { method: 'GET' as const, path: '/v1/images' };
    return (await this.#deps.client.call(imagesSchema, command)).images;
  }

  async dropImage(imageOf: SandboxId, by?: ImageOwner): Promise<void> {
    const query = by ? `?workspaceId=${by.workspaceId}&epoch=${by.epoch}` : '';
    const command = { method: 'DELETE' as const, path: `/v1/images/${imageOf}${query}` };
    this.#note(await this.#deps.client.call(hostStateSchema, command));
  }

  async stop(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const known = this.#known.get(workspaceId);
    if (known) known.stopping = true;
    await this.#command(workspaceId, 'stop', { epoch }, limits.lifecycle.stopMs);
    this.#losses.delete(workspaceId);
    this.#noteGone(workspaceId, { reason: 'stopped' });
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    for (const known of this.#known.values()) if (known.sandbox.id === sandboxId) known.stopping = true;
    const path = `/v1/sandboxes/${sandboxId}`;
    this.#note(
      await this.#deps.client.call(hostStateSchema, {
        ...{ method: 'DELETE', path },
        deadlineMs: limits.lifecycle.stopMs,
      }),
    );
  }

  current(workspaceId: WorkspaceId): Sandbox | null {
    const known = this.#known.get(workspaceId);
    return known?.isConnected && !known.stopping ? known.sandbox : null;
  }

  async look(workspaceId: WorkspaceId): Promise<Sight> {
    try {
      const path = `/v1/workspaces/${workspaceId}`;
      const view = await this.#deps.client.call(workspaceViewSchema, { method: 'GET', path });
      this.#note(view.host);
      if (view.sandbox) return 'there';
      this.#noteGone(workspaceId, view.loss);
      return 'none';
    } catch (error) {
      this.#noteSilence(error);
      return 'unknown';
    }
  }

  lastLoss(workspaceId: WorkspaceId): SandboxExit | null {
    return this.#losses.get(workspaceId) ?? null;
  }

  async list(): Promise<ObservedSandbox[]> {
    try {
      const view = await this.#deps.client.call(hostViewSchema, { method: 'GET', path: '/v1/host' });
      this.#note(view);
      return view.sandboxes;
    } catch (error) {
      this.#noteSilence(error);
      throw error;
    }
  }

  load(): HostLoad {
    return this.#state?.load ?? { live: 0, frozen: 0, starting: 0, members: 0, capacity: 0 };
  }

  onLost(listener: (workspaceId: WorkspaceId) => void): void {
    this.#lostListeners.push(listener);
  }

  /** Lets every connection go; what runs there goes on. */
  close(): void {
    this.#watch?.cancel();
    for (const known of this.#known.values()) known.isConnected = false;
    this.#cutAll();
    this.#known.clear();
  }

  #cutAll(): void {
    for (const { sandbox } of [...this.#known.values()])
      if (sandbox.link instanceof StdioLink) sandbox.link.close();
  }

  #startWatch(): Timer {
    const { client, clock } = this.#deps;
    return watchHost({
      clock,
      isNeeded: () => [...this.#known.values()].some(({ isConnected }) => isConnected),
      ask: async (deadlineMs) => {
        const asked = client.call(hostStateSchema, { method: 'GET', path: '/v1/host/state', deadlineMs });
        this.#note(await asked.catch((error: unknown) => this.#throwSilence(error)));
      },
      silent: () => this.#cutAll(),
    });
  }

  #throwSilence(error: unknown): never {
    this.#noteSilence(error);
    throw error;
  }

  async #command(
    workspaceId: WorkspaceId,
    command: string,
    body: object,
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<WorkspaceView> {
    const path = `/v1/workspaces/${workspaceId}/${command}`;
    const view = await this.#deps.client.call(workspaceViewSchema, {
      ...{ method: 'POST', path, body, deadlineMs, signal },
    });
    this.#note(view.host);
    return view;
  }

  async #connect(workspaceId: WorkspaceId, given: SandboxOfEpoch, signal: AbortSignal): Promise<Sandbox> {
    const before = this.#known.get(workspaceId);
    const { sandboxId: id, epoch } = given;
    const isSame = before?.sandbox.id === id;
    if (isSame && before.isConnected && before.sandbox.epoch === epoch) return before.sandbox;
    const { client, clock } = this.#deps;
    const { relay, socket } = await openLink(client, clock, workspaceId, given, signal);
    const link = new StdioLink({ input: socket, output: socket }, clock, { relay });
    // It was paused behind the greeting. What an inherited one says waits for somebody to listen (takeOver).
    if (!link.inherited) socket.resume();
    const { promise, resolve } = Promise.withResolvers<SandboxExit>();
    // One promise for one sandbox, through however many connections.
    const exited = isSame ? before.sandbox.exited : promise;
    const end = isSame ? before.end : resolve;
    const known = {
      sandbox: { id, workspaceId, epoch, link, exited },
      isConnected: true,
      stopping: false,
      end,
    };
    this.#known.set(workspaceId, known);
    this.#watch ??= this.#startWatch();
    this.#losses.delete(workspaceId);
    link.on('closed', () => {
      socket.destroy();
      this.#noteClosed(workspaceId, known, link);
    });
    return known.sandbox;
  }

  #noteClosed(workspaceId: WorkspaceId, known: Known, link: StdioLink): void {
    const wasConnected = known.isConnected;
    known.isConnected = false;
    if (this.#known.get(workspaceId) !== known) return;
    if (link.exit) this.#noteGone(workspaceId, link.exit);
    // Nobody can talk to one that breaks the protocol: it is ended, and that is its loss.
    else if (link.isBroken) void this.destroy(known.sandbox.id).catch(() => {});
    if (wasConnected && !known.stopping) for (const listener of this.#lostListeners) listener(workspaceId);
  }

  #noteGone(workspaceId: WorkspaceId, loss: SandboxExit | null): void {
    this.#cameBy.delete(workspaceId);
    const known = this.#known.get(workspaceId);
    if (loss && loss.reason !== 'stopped' && !known?.stopping) this.#losses.set(workspaceId, loss);
    if (!known) return;
    this.#known.delete(workspaceId);
    known.isConnected = false;
    known.end(known.stopping ? { reason: 'stopped' } : (loss ?? lostWithItsHost));
    if (known.sandbox.link instanceof StdioLink) known.sandbox.link.close();
  }

  /** Told once, however many workspaces are looked at there meanwhile. */
  #noteSilence(error: unknown): void {
    this.#answers = false;
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#deps.log.warn({ err: error, hostId: this.hostId }, 'a host does not say what it has');
  }

  #note(state: HostState): void {
    if (this.#isSilent) this.#deps.log.info({ hostId: this.hostId }, 'a host answers again');
    this.#isSilent = false;
    const before = this.#state;
    this.#state = state;
    this.#answers = true;
    const isNews = before?.draining !== true || (before.waitsForBusy && !state.waitsForBusy);
    if (!state.draining || !isNews) return;
    for (const workspaceId of this.#known.keys())
      for (const listener of this.#lostListeners) listener(workspaceId);
  }
}

const lostWithItsHost: SandboxExit = {
  reason: 'crashed',
  exitCode: null,
  signal: null,
  stderrTail: 'the host that ran it was restarted',
};
