/**
 * Secrets of users and of organisations. A value comes in, is sealed, and leaves again only into a sandbox of
 * a workspace it is for: the owner's own, and those of the organisation the workspace belongs to. Where both
 * have a secret of one name, the user's counts.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type OrgId, orgIdSchema, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { BringSecrets } from './bring/bring-secrets.ts';
import { readMasterKeys } from './master-keys.ts';
import { checkName, checkValue } from './names.ts';
import { type SecretOwner, type SecretPlace, seal, unseal } from './seal.ts';
import type { SecretNote, SecretStore } from './secret-store.ts';

export interface SecretsDeps {
  store: SecretStore;
  /** Null where none is configured: nothing can be written then, and sandboxes get nothing. */
  keysFile: string | null;
  /** Sees to it that an organisation's are all here. Null: this cell stands alone, and what it has is all. */
  bring: Pick<BringSecrets, 'ensure'> | null;
  /** Whether he is no member of it any more. */
  hasLeft(user: UserId, org: OrgId): Promise<boolean>;
  clock: Clock;
  log: Logger;
}

export class Secrets {
  readonly #deps: SecretsDeps;

  constructor(deps: SecretsDeps) {
    this.#deps = deps;
  }

  async list(owner: SecretOwner): Promise<SecretNote[]> {
    this.#requireKeys('listing secrets');
    const org = orgIdSchema.safeParse(owner);
    if (org.success) await this.#deps.bring?.ensure(org.data);
    return this.#deps.store.list(owner);
  }

  async put(place: SecretPlace, value: string): Promise<SecretNote> {
    const keysFile = this.#requireKeys('saving a secret');
    checkName(place.name);
    checkValue(value);
    const nowMs = this.#deps.clock.nowMs();
    const sealed = await seal(await readMasterKeys(keysFile), place, value);
    const outcome = await this.#deps.store.put({
      ...{ owner: place.owner, name: place.name, sealed, nowMs },
      valueBytes: Buffer.byteLength(value),
    });
    if (outcome !== 'saved') throw overLimit[outcome];
    return { name: place.name, updatedAtMs: nowMs };
  }

  /** False when there was none. Also of a name that could not be saved any more. */
  async remove(place: SecretPlace): Promise<boolean> {
    this.#requireKeys('removing a secret');
    return this.#deps.store.remove(place);
  }

  /**
   * What a workspace's kernels and terminals are given. One that no key opens is left out, and said in the log.
   * Nothing where its owner has left the organisation, neither of it nor his own (../departures).
   * Throws `secrets_unavailable` where the organisation's are in other cells alone, and none of them answers.
   */
  async environmentOf(of: { ownerId: UserId; orgId: OrgId }): Promise<Record<string, string>> {
    const { keysFile, store, bring, hasLeft, log } = this.#deps;
    if (keysFile === null) return {};
    await bring?.ensure(of.orgId);
    const [isGone, shared, own] = await Promise.all([
      hasLeft(of.ownerId, of.orgId),
      store.sealedOf(of.orgId),
      store.sealedOf(of.ownerId),
    ]);
    if (isGone || shared.length + own.length === 0) return {};
    const keys = await readMasterKeys(keysFile);
    const environment: Record<string, string> = {};
    for (const secret of [...shared, ...own]) {
      const value = await unseal(keys, secret, secret.sealed);
      if (value !== null) environment[secret.name] = value;
      else log.error({ owner: secret.owner, secret: secret.name, keyId: secret.sealed.keyId }, unopened);
    }
    return environment;
  }

  /** Whether he has secrets of his own here. */
  async hasAny(user: UserId): Promise<boolean> {
    return (await this.#deps.store.list(user)).length > 0;
  }

  /** Of somebody who has no use of this cell any more; how many there were. */
  removeAllOf(user: UserId): Promise<number> {
    return this.#deps.store.removeAllOf(user);
  }

  #requireKeys(doing: string): string {
    const { keysFile } = this.#deps;
    if (keysFile !== null) return keysFile;
    throw new CellbookError('not_configured', {
      doing,
      problem: 'this cell has no master key to keep secrets with',
      next: 'Its operator makes one with `npm run secrets -- init <file>` and names the file in CELLBOOK_SECRET_KEYS.',
    });
  }
}

const unopened = 'no master key opens a secret: its sandboxes go without it (CELLBOOK_SECRET_KEYS)';

const { perOwnerMax, totalBytesPerOwnerMax } = limits.secrets;
const overLimit = {
  too_many: new CellbookError('quota_exceeded', {
    doing: 'saving a secret',
    problem: `there are ${perOwnerMax} secrets already, as many as there may be`,
    next: 'Remove one that is not used any more.',
  }),
  too_large: new CellbookError('quota_exceeded', {
    doing: 'saving a secret',
    problem: `all values together would be over the limit of ${totalBytesPerOwnerMax} bytes`,
    next: 'Remove or shorten others: all of them are in the environment of each program.',
  }),
};
