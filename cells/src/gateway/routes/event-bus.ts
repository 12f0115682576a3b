/** Jupyter events of one workspace: emitted by clients and by the gateway, heard by its open sockets. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';

export interface JupyterEvent {
  schema_id: string;
  version: string;
  data: Record<string, unknown>;
}

export const kernelActions = 'https://events.jupyter.org/jupyter_server/kernel_actions/v1';
export const contentsActions = 'https://events.jupyter.org/jupyter_server/contents_service/v1';

/** Schemas a client may emit by, with the version of each. */
export const eventVersions: ReadonlyMap<string, string> = new Map([
  [kernelActions, '1'],
  [contentsActions, '1'],
]);

export interface Subscriber {
  send(text: string): void;
}

export class EventBus {
  readonly #subscribers = new Map<WorkspaceId, Set<Subscriber>>();
  /** What holds until the next of its kind, for those who come later or were away meanwhile; the oldest first. */
  readonly #lasting = new Map<WorkspaceId, string>();

  subscribe(workspaceId: WorkspaceId, subscriber: Subscriber): () => void {
    const all = this.#subscribers.get(workspaceId) ?? new Set();
    this.#subscribers.set(workspaceId, all);
    all.add(subscriber);
    const lasting = this.#lasting.get(workspaceId);
    if (lasting !== undefined) subscriber.send(lasting);
    return () => {
      all.delete(subscriber);
      if (all.size === 0 && this.#subscribers.get(workspaceId) === all) this.#subscribers.delete(workspaceId);
    };
  }

  countOf(workspaceId: WorkspaceId): number {
    return this.#subscribers.get(workspaceId)?.size ?? 0;
  }

  emit(workspaceId: WorkspaceId, event: JupyterEvent, nowMs: number): void {
    const all = this.#subscribers.get(workspaceId);
    if (!all) return;
    const text = textOf(event, nowMs);
    for (const subscriber of all) subscriber.send(text);
  }

  /** As `emit`, and again to each who subscribes until the next one. For one kind of event. */
  emitLasting(workspaceId: WorkspaceId, event: JupyterEvent, nowMs: number): void {
    this.#lasting.delete(workspaceId);
    this.#lasting.set(workspaceId, textOf(event, nowMs));
    const oldest = this.#lasting.keys().next();
    if (this.#lasting.size > limits.gateway.lastingEventsMax && !oldest.done)
      this.#lasting.delete(oldest.value);
    this.emit(workspaceId, event, nowMs);
  }
}

const textOf = (event: JupyterEvent, nowMs: number): string =>
  JSON.stringify({
    schema_id: event.schema_id,
    ...event.data,
    __timestamp__: new Date(nowMs).toISOString(),
    __schema__: event.schema_id,
    __schema_version__: event.version,
    __metadata_version__: 1,
  });
