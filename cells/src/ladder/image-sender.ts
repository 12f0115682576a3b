/**
 * Brings images of memory from their hosts to the object store, beside everything else: nobody waits for it but a
 * host that drains, and a workspace that is resumed meanwhile is resumed. What is sent is noted with the rest it is of, if that is still
 * kept; what is not noted is removed by the sweep.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Hosts } from '../host/hosts.ts';
import type { ImageKeyStore } from '../snapshots/image-key-store.ts';
import type { ImageKeys } from '../snapshots/image-keys.ts';
import type { Rest } from './rest.ts';
import type { RestStore } from './rest-store.ts';

export interface ImageSenderDeps {
  rests: Pick<RestStore, 'listUnsent' | 'noteRemote'>;
  hosts: Pick<Hosts, 'ids' | 'isOpen' | 'isDraining' | 'on'>;
  keys: Pick<ImageKeyStore, 'beginRemote'>;
  imageKeys: Pick<ImageKeys, 'find'>;
  clock: Clock;
  log: Logger;
}

export class ImageSender {
  readonly #deps: ImageSenderDeps;
  readonly #sending = new Map<WorkspaceId, Promise<void>>();
  readonly #notBeforeMs = new Map<WorkspaceId, number>();
  readonly #stopping = new AbortController();

  constructor(deps: ImageSenderDeps) {
    this.#deps = deps;
  }

  /** Begins what is to be sent, as far as there is room for it. */
  async look(): Promise<void> {
    const { rests, hosts, clock } = this.#deps;
    const nowMs = clock.nowMs();
    for (const [workspaceId, notBeforeMs] of this.#notBeforeMs)
      if (notBeforeMs <= nowMs) this.#notBeforeMs.delete(workspaceId);
    const { sendsAtOnce } = limits.snapshots;
    const passedOver = this.#sending.size + this.#notBeforeMs.size;
    const answering = hosts.ids.filter((hostId) => hosts.isOpen(hostId) || hosts.isDraining(hostId));
    for (const rest of await rests.listUnsent(answering, passedOver + sendsAtOnce)) {
      const { workspaceId } = rest;
      if (this.#sending.size >= sendsAtOnce || this.#stopping.signal.aborted) return;
      if (this.#sending.has(workspaceId) || this.#notBeforeMs.has(workspaceId)) continue;
      const sending = this.#send(rest).finally(() => this.#sending.delete(workspaceId));
      this.#sending.set(workspaceId, sending);
    }
  }

  /** Gives up what is under way; whoever comes next goes on with it. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error('the cell stops'));
    await Promise.all(this.#sending.values());
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending.values());
  }

  async #send({ workspaceId, sandboxId, hostId }: Rest): Promise<void> {
    const { rests, hosts, keys, imageKeys, clock, log } = this.#deps;
    const startedMs = clock.monotonicMs();
    try {
      if (!(await keys.beginRemote(workspaceId, clock.nowMs()))) throw new Error('its key is gone');
      const key = await imageKeys.find(workspaceId);
      if (key === null) throw new Error('its key does not open');
      const image = { of: sandboxId, key };
      const sent = await hosts.on(hostId).sendImage(workspaceId, image, this.#stopping.signal);
      const isKept = await rests.noteRemote(workspaceId, sandboxId);
      const tookMs = Math.round(clock.monotonicMs() - startedMs);
      log.info({ workspaceId, hostId, ...sent, tookMs, isKept }, 'an image of memory is in the object store');
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#notBeforeMs.set(workspaceId, clock.nowMs() + limits.snapshots.sendAgainMs);
      log.warn({ err: error, workspaceId, hostId }, 'an image could not be sent; it is tried again');
    }
  }
}
