/**
 * What happens in a cell when somebody leaves an organisation, or is removed from it:
 *
 *     edge: a membership ends ──told, or asked for──▶ the row here ──▶ nothing is injected into his workspaces there:
 *                                                        │            neither his own secrets nor the organisation's
 *                                                        ├──▶ what runs of them is told that it has none, and suspended
 *                                                        └── 30 days ──▶ no membership leads him to this region any
 *                                                                        more: his own secrets here are removed
 *
 * A round takes no input and does what is still to be done, so that a round that failed, or a process that died in it,
 * is made up for by the next. His workspaces stay the organisation's. Who comes back has everything as it was; after
 * the grace without his secrets. His own secrets are his and not the organisation's: what he has in this cell by
 * another membership stays, and is injected into the workspaces that he has there.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { DeparturesTold } from '@cellbook/shared/protocol/departures-api.ts';
import type { DepartureStore } from './departure-store.ts';

export interface LeftWorkspace {
  id: WorkspaceId;
  ownerId: UserId;
}

export interface DepartureDeps {
  store: DepartureStore;
  /** Every change numbered above. Throws where the edge does not answer. */
  ask(question: { after: number; waiting: readonly UserId[] }): Promise<DeparturesTold>;
  /** Workspaces that are to run, of an organisation that their owner has left. */
  leftRunning(limit: number): Promise<LeftWorkspace[]>;
  /** Tells the sandboxes that run for him which secrets they have now. */
  redeliver(user: UserId): Promise<unknown>;
  /** On record as the cell's own doing. */
  suspend(workspace: LeftWorkspace): Promise<void>;
  /** Removes his own secrets, on record, where he has any. */
  forgetSecrets(user: UserId): Promise<void>;
  clock: Clock;
  log: Logger;
}

export class Departures {
  readonly #deps: DepartureDeps;

  constructor(deps: DepartureDeps) {
    this.#deps = deps;
  }

  async round(): Promise<void> {
    const { store, clock } = this.#deps;
    const beforeMs = clock.nowMs() - limits.departures.graceMs;
    const waiting = await store.overdue(beforeMs, limits.departures.waitingMax);
    // What is known already is acted upon also where the edge is away.
    const mayLiveHere = await this.#hear(waiting).catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'the edge does not say who has left an organisation; asked again');
      return null;
    });
    await this.#putAway();
    if (mayLiveHere !== null) await this.#forget(waiting, { mayLiveHere, beforeMs });
  }

  /** Asks until it has been told everything. Returns who of those that wait may live here still. */
  async #hear(waiting: readonly UserId[]): Promise<readonly UserId[]> {
    const { store, ask } = this.#deps;
    const first = await ask({ after: await store.upTo(), waiting });
    await store.learn(first.departures, first.upTo);
    for (let { more, upTo } = first; more; ) {
      const told = await ask({ after: upTo, waiting: [] });
      await store.learn(told.departures, told.upTo);
      more = told.more && told.upTo > upTo;
      upTo = told.upTo;
    }
    return first.mayLiveHere;
  }

  async #putAway(): Promise<void> {
    const { leftRunning, redeliver, suspend } = this.#deps;
    const left = await leftRunning(limits.departures.workspacesMax);
    for (const user of new Set(left.map(({ ownerId }) => ownerId))) await redeliver(user);
    for (const workspace of left) await suspend(workspace);
  }

  async #forget(
    waiting: readonly UserId[],
    { mayLiveHere, beforeMs }: { mayLiveHere: readonly UserId[]; beforeMs: number },
  ): Promise<void> {
    const { store, forgetSecrets } = this.#deps;
    for (const user of waiting) if (!mayLiveHere.includes(user)) await forgetSecrets(user);
    await store.settle(waiting, beforeMs);
  }
}
