/**
 * One client's stream of `event: workspace`, each with the workspace's whole state and its revision as `id`.
 *
 *     hint ──▶ read rows changed since the cursor ──▶ write those not yet sent ──▶ wait for the reader
 *
 * Since each event replaces the one before for its workspace, a slow reader is never owed a backlog: while
 * he does not read nothing is read from the store, and then he gets the newest state. Revisions are drawn
 * before they are committed, so a few behind the cursor are read again each time and told apart by revision.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { EventSink } from '@cellbook/shared/http/response-sink.ts';
import type { OrgId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { WorkspaceRow } from '../../lifecycle/stores/workspace-row.ts';
import type { WorkspaceStore } from '../../lifecycle/stores/workspace-store.ts';
import { presentWorkspace } from '../workspaces/present.ts';

export interface EventStreamDeps {
  store: Pick<WorkspaceStore, 'listChanged'>;
  clock: Clock;
  sink: EventSink;
  ownerId: UserId;
  /** Where he acts; what he has elsewhere is not told of here. */
  orgId: OrgId;
  /** The last revision the client has; 0 tells it everything. */
  cursor: number;
  onFailure(error: unknown): void;
}

export class EventStream {
  readonly #deps: EventStreamDeps;
  readonly #sent = new Map<WorkspaceId, number>();
  #cursor: number;
  #dirty = false;
  #pumping = false;
  #ended = false;
  #heartbeat: Timer;

  constructor(deps: EventStreamDeps) {
    this.#deps = deps;
    this.#cursor = deps.cursor;
    deps.sink.write('retry: 2000\n\n');
    this.#heartbeat = this.#beat();
  }

  /** There may be something to tell. */
  hint(): void {
    this.#dirty = true;
    if (!this.#pumping && !this.#ended) void this.#pump();
  }

  /** Something that is true now and not asked for again; whoever was away has missed it. */
  say(event: string, data: object): void {
    if (this.#ended) return;
    if (!this.#deps.sink.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) void this.#drained();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat.cancel();
    this.#deps.sink.end();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      while (this.#dirty && !this.#ended) {
        this.#dirty = false;
        await this.#tellChanges();
      }
    } catch (error) {
      this.#deps.onFailure(error);
      // The client comes back with the last id it got.
      this.end();
    } finally {
      this.#pumping = false;
    }
  }

  async #tellChanges(): Promise<void> {
    const { store, ownerId, sink } = this.#deps;
    let after = Math.max(0, this.#cursor - limits.api.eventLookbackRevisions);
    for (;;) {
      const rows = await store.listChanged(ownerId, after, limits.api.eventPageRows);
      const text = rows.map((row) => this.#eventOf(row)).join('');
      if (text !== '' && !this.#ended && !sink.write(text)) await this.#drained();
      const last = rows.at(-1);
      if (!last || rows.length < limits.api.eventPageRows || this.#ended) return;
      after = last.revision;
    }
  }

  /** Empty for a row that the client has already, and for one that is gone for good unless he saw it before. */
  #eventOf(row: WorkspaceRow): string {
    const isKnown = (this.#sent.get(row.id) ?? 0) >= row.revision;
    const isOld = row.revision <= this.#deps.cursor;
    if (isKnown || isOld || row.orgId !== this.#deps.orgId) return '';
    this.#cursor = Math.max(this.#cursor, row.revision);
    this.#sent.set(row.id, row.revision);
    const data = JSON.stringify({ workspace: presentWorkspace(row) });
    return `id: ${row.revision}\nevent: workspace\ndata: ${data}\n\n`;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const tooSlow = this.#deps.clock.setTimer(limits.api.eventDrainMs, () => {
        this.end();
        resolve();
      });
      this.#deps.sink.onceDrained(() => {
        tooSlow.cancel();
        resolve();
      });
    });
  }

  /** Comments keep proxies from closing a silent stream, and tell us of a reader that is gone. */
  #beat(): Timer {
    return this.#deps.clock.setTimer(limits.api.eventHeartbeatMs, () => {
      this.#deps.sink.write(': heartbeat\n\n');
      this.#heartbeat = this.#beat();
    });
  }
}
