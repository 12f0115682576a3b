/**
 * The way of secrets into sandboxes: when one has started, and again to those that run when a secret changes.
 * What is sent is read right before it is sent, one delivery at a time per sandbox, so an older state never
 * follows a newer one.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { Latest } from '../latest.ts';
import type { SecretOwner } from './seal.ts';
import type { SecretSource, SecretTarget } from './secret-source.ts';
import type { Secrets } from './secrets.ts';

export interface DeliveryDeps {
  secrets: Pick<Secrets, 'environmentOf'>;
  /** The sandboxes of this cell that this owner's secrets are for; those still starting too. */
  runningOf(owner: SecretOwner): Promise<SecretTarget[]>;
  clock: Clock;
  log: Logger;
}

export interface Delivered {
  sandboxesUpdated: number;
  sandboxesMissed: number;
}

export class SecretDelivery implements SecretSource {
  readonly #deps: DeliveryDeps;
  readonly #latest = new Latest();

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
  }

  deliver({ workspaceId, ownerId, orgId, sandbox }: SecretTarget): Promise<void> {
    const { clock, secrets } = this.#deps;
    const doing = `giving the sandbox of workspace ${workspaceId} its secrets`;
    const details = { code: 'sandbox_unavailable' as const, doing, ids: { workspaceId } };
    return this.#latest.run(sandbox.id, () =>
      withDeadline(clock, limits.secrets.deliverMs, details, async (signal) => {
        const environment = await secrets.environmentOf({ ownerId, orgId });
        signal.throwIfAborted();
        await sandbox.link.setEnvironment(environment);
      }),
    );
  }

  /**
   * A secret of this owner changed: tells the sandboxes it is for, and counts those it could not tell. Throws only
   * where the cell's database does not say whose they are; the write can be repeated.
   */
  async changed(owner: SecretOwner): Promise<Delivered> {
    const { runningOf, log } = this.#deps;
    const targets = [...(await runningOf(owner))];
    let missed = 0;
    const tellNext = async (): Promise<void> => {
      for (let target = targets.pop(); target !== undefined; target = targets.pop()) {
        const { workspaceId } = target;
        await this.deliver(target).catch((error: unknown) => {
          missed += 1;
          log.warn({ err: error, workspaceId }, 'a running sandbox was not told of a changed secret');
        });
      }
    };
    const count = targets.length;
    await Promise.all(Array.from({ length: limits.secrets.deliveriesAtOnce }, tellNext));
    return { sandboxesUpdated: count - missed, sandboxesMissed: missed };
  }
}
