/**
 * What happens in a cell when somebody leaves an organisation, or is removed from it:
 *
 *     edge: a membership ends ──told, or asked for──▶ the row here ──▶ nothing is injected into his workspaces there:
 *                                                        │            neither his own secrets nor the organisation's
 *                                                        ├──▶ nobody can resume them (../quotas/request-running.ts)
 *                                                        ├──▶ what runs of them is suspended, and told that it has none
 *                                                        └── 30 days after the last that he has left ──▶ no membership
 *                                                            leads him to this region any more: his own secrets here
 *                                                            are removed, and what those workspaces slept with
 *
 * A round takes no input and does what is still to be done, so that a round that failed, or a process that died in it,
 * is made up for by the next. His workspaces stay the organisation's. Who comes back has everything as it was; after
 * the grace without his secrets, and without the memory that they may lie in. His own secrets are his and not the
 * organisation's: what he has in this cell by another membership stays, and is injected into the workspaces that he
 * has there.
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
  /** Has the kept memory of his workspaces in organisations that he has left removed. True once none is left. */
  forgetMemory(user: UserId): Promise<boolean>;
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

  /** All are on their way to sleep before anybody is told: a sandbox that does not answer holds up no other. */
  async #putAway(): Promise<void> {
    const { leftRunning, redeliver, suspend } = this.#deps;
    const left = await leftRunning(limits.departures.workspacesMax);
    const owners = new Set(left.map(({ ownerId }) => ownerId));
    await this.#each(left, suspend, 'a workspace of somebody who has left was not suspended; it comes again');
    await this.#each([...owners], redeliver, 'sandboxes of somebody who has left were not told of it');
  }

  async #forget(
    waiting: readonly UserId[],
    { mayLiveHere, beforeMs }: { mayLiveHere: readonly UserId[]; beforeMs: number },
  ): Promise<void> {
    const { store, forgetSecrets, forgetMemory } = this.#deps;
    // One of them may have left another organisation only now.
    const overdue = new Set(await store.overdue(beforeMs, limits.departures.waitingMax));
    const forget = async (user: UserId) => {
      if (!mayLiveHere.includes(user)) {
        await forgetSecrets(user);
        if (!(await forgetMemory(user))) return;
      }
      await store.settle([user], beforeMs);
    };
    const still = waiting.filter((user) => overdue.has(user));
    await this.#each(still, forget, 'what somebody who has left kept here was not removed; it comes again');
  }

  /** A few at a time, and each failure for itself. */
  async #each<T>(items: readonly T[], work: (item: T) => Promise<unknown>, failed: string): Promise<void> {
    const left = items.values();
    const workNext = async () => {
      for (const item of left)
        await work(item).catch((error: unknown) => this.#deps.log.warn({ err: error, of: item }, failed));
    };
    await Promise.all(Array.from({ length: limits.departures.atOnce }, workNext));
  }
}
