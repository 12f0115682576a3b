/**
 * What may still be made, run and saved, and what is used of it. Every cell counts what is in it: a user lives in
 * one cell, so his numbers are whole; of an organisation's quota a cell has a share (shares/), and asks for more of
 * it before it refuses anybody.
 *
 * The decision itself falls in the store, in the transaction that changes the row (count-workspaces.ts); here are
 * the numbers it is held against, and the words of a refusal.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Principal, Tier } from '@cellbook/shared/protocol/principal.ts';
import type { IdleRules, Usage } from '@cellbook/shared/protocol/quota.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Database } from '../db/database.ts';
import type { Allowance, CreateAllowance } from './allowance.ts';
import { countRunning, countWorkspaces } from './count-workspaces.ts';
import type { QuotaPolicies } from './quota-policies.ts';
import {
  firstExceeded,
  ownerHasLeft,
  type QuotaHolder,
  type QuotaName,
  quotaExceeded,
  takenMeanwhile,
} from './refusals.ts';
import { getMoreOf, withMore } from './shares/get-more.ts';
import type { OrgShares } from './shares/org-shares.ts';
import { releaseStorage, reserveStorage } from './storage-reservations.ts';
import { storageSum, sumStorage } from './sum-storage.ts';

export interface Tenant {
  ownerId: UserId;
  orgId: OrgId;
  tier: Tier;
}

export interface QuotaGuardDeps {
  database: Database;
  policies: QuotaPolicies;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Null: this cell stands alone, and organisations have all of their quotas here. */
  shares: OrgShares | null;
  /** Whether he is no member of it any more (../departures). */
  hasLeft(user: UserId, org: OrgId): Promise<boolean>;
  /** What a sandbox may use. */
  sandboxBytes(tier: Tier): number;
}

/** Room that is kept for one save. */
export interface StorageRoom {
  id: string;
  release(): Promise<void>;
}

/** What the rest of the cell asks of it. */
export type WorkspaceQuotas = Pick<QuotaGuard, keyof QuotaGuard>;

export class QuotaGuard {
  readonly #deps: QuotaGuardDeps;

  constructor(deps: QuotaGuardDeps) {
    this.#deps = deps;
  }

  hear(principal: Principal): void {
    this.#deps.policies.hear(principal);
    // Who only visits uses nothing here.
    if (principal.at === undefined) this.#deps.shares?.hear(principal.org);
  }

  /** How long a workspace may stay unused: what its user gets, and what he may choose. */
  idleRules({ orgId, tier }: Tenant): Promise<IdleRules> {
    return this.#deps.policies.idleRules(orgId, tier);
  }

  async toCreate(tenant: Tenant): Promise<CreateAllowance> {
    const { user, organisation } = await this.#quotas(tenant);
    return {
      workspaces: { user: user.workspaces, organisation: organisation.workspaces, isShared: this.#isShared },
      running: await this.toRun(tenant),
    };
  }

  /** How many may run: by their number, or by their memory where that is less. */
  async toRun(tenant: Tenant): Promise<Allowance> {
    const { user, organisation } = await this.#quotas(tenant);
    const bytes = this.#deps.sandboxBytes(tenant.tier);
    const most = (quota: { runningSandboxes: number; memoryBytes: number }) =>
      Math.min(quota.runningSandboxes, Math.floor(quota.memoryBytes / bytes));
    return { user: most(user), organisation: most(organisation), isShared: this.#isShared };
  }

  get #isShared(): boolean {
    return this.#deps.shares !== null;
  }

  /** Throws where nobody may run it: what its memory holds of secrets was its owner's for as long as he belonged. */
  async assertOwnerIsThere({ ownerId, orgId }: Tenant, doing: string): Promise<void> {
    if (await this.#deps.hasLeft(ownerId, orgId)) throw ownerHasLeft(doing, ownerId);
  }

  /**
   * Throws where files are over the quota, since running could only add to them. Their earlier versions do not keep
   * a workspace from running: no code adds to those.
   */
  async assertFilesFit(tenant: Tenant, doing: string): Promise<void> {
    const { files } = await storageSum(this.#deps.database, tenant, this.#deps.clock.nowMs());
    const max = await this.#storageMax(tenant);
    for (const holder of ['user', 'organisation'] as const)
      if (files[holder] > max[holder]) throw storageExceeded(doing, holder, files[holder], max[holder]);
  }

  /** Takes room for so many more bytes, or throws `volume_full`; whoever asked gives back what he did not use. */
  async reserveStorage(tenant: Tenant, bytes: number, doing: string): Promise<StorageRoom> {
    const { database, random, clock, log } = this.#deps;
    const id = random.uuid();
    const max = await this.#storageMax(tenant);
    const reserve = () => reserveStorage(database, { id, tenant, bytes, max, nowMs: clock.nowMs() });
    let refused = await reserve();
    if (refused?.holder === 'organisation' && (await this.#getMore(tenant, doing, { storageBytes: bytes })))
      refused = await reserve();
    if (refused) throw await this.#storageRefusal(tenant, doing, refused, max);
    return {
      id,
      release: () =>
        releaseStorage(database, id).catch((error: unknown) =>
          log.warn({ err: error }, 'room for a save was not given back; it expires'),
        ),
    };
  }

  async #storageRefusal(
    tenant: Tenant,
    doing: string,
    { holder, used }: { holder: QuotaHolder; used: number },
    max: Allowance,
  ): Promise<CellbookError> {
    const isSpread = holder === 'organisation' && this.#isShared;
    const inAll = isSpread ? (await this.usage(tenant)).organisation.storageBytes.used : used;
    return storageExceeded(doing, holder, inAll, max[holder]);
  }

  async #storageMax(tenant: Tenant): Promise<Allowance> {
    const { user, organisation } = await this.#quotas(tenant);
    return { user: user.storageBytes, organisation: organisation.storageBytes, isShared: this.#isShared };
  }

  /**
   * The store had no room: returns where this cell has got more of the organisation's quota since, and it is worth
   * asking the store again. Throws why not.
   */
  async makeRoomToCreate(tenant: Tenant, runs: boolean): Promise<void> {
    await this.#makeRoom(tenant, 'creating a workspace', {
      workspaces: 1,
      ...(runs && this.#oneRunning(tenant)),
    });
  }

  async makeRoomToRun(tenant: Tenant, doing: string): Promise<void> {
    await this.#makeRoom(tenant, doing, this.#oneRunning(tenant));
  }

  async #makeRoom(tenant: Tenant, doing: string, more: Partial<Record<QuotaName, number>>): Promise<void> {
    const isGranted = await this.#getMore(tenant, doing, more);
    if (!isGranted) throw await this.#refusal(tenant, doing, more);
  }

  /** False: there is no more. Throws `quota_unavailable` where there may be, and it cannot be had now. */
  async #getMore(tenant: Tenant, doing: string, more: Partial<Record<QuotaName, number>>): Promise<boolean> {
    const { shares } = this.#deps;
    if (shares === null) return false;
    const { user, organisation } = await this.usageHere(tenant);
    // Of what he himself has used up, or the organisation here alone, no directory has any more.
    if (firstExceeded({ user, organisation }, more)) return false;
    return getMoreOf(shares, { org: tenant.orgId, used: organisation, more, doing });
  }

  async #refusal(
    tenant: Tenant,
    doing: string,
    more: Partial<Record<QuotaName, number>>,
  ): Promise<CellbookError> {
    const exceeded = firstExceeded(await this.usage(tenant), more);
    if (exceeded) return quotaExceeded(doing, exceeded);
    return takenMeanwhile(doing);
  }

  #oneRunning({ tier }: Tenant) {
    return { runningSandboxes: 1, memoryBytes: this.#deps.sandboxBytes(tier) };
  }

  /** Of the organisation with what its other cells have told; of this cell alone where none can be asked. */
  async usage(tenant: Tenant): Promise<Record<QuotaHolder, Usage>> {
    const { shares } = this.#deps;
    const [here, elsewhere] = await Promise.all([
      this.usageHere(tenant),
      shares?.usedElsewhere(tenant.orgId),
    ]);
    if (!elsewhere) return here;
    return { user: here.user, organisation: withMore(here.organisation, elsewhere) };
  }

  /** Of this cell alone. */
  async usageHere(tenant: Tenant): Promise<Record<QuotaHolder, Usage>> {
    const { database, sandboxBytes } = this.#deps;
    const quotas = await this.#quotas(tenant);
    const [workspaces, running, storage] = await Promise.all([
      countWorkspaces(database, tenant),
      countRunning(database, tenant),
      sumStorage(database, tenant),
    ]);
    const of = (holder: QuotaHolder): Usage => ({
      workspaces: { used: workspaces[holder], limit: quotas[holder].workspaces },
      runningSandboxes: { used: running[holder], limit: quotas[holder].runningSandboxes },
      memoryBytes: {
        used: running[holder] * sandboxBytes(tenant.tier),
        limit: quotas[holder].memoryBytes,
      },
      storageBytes: { used: storage[holder], limit: quotas[holder].storageBytes },
    });
    return { user: of('user'), organisation: of('organisation') };
  }

  #quotas({ orgId, tier }: Tenant) {
    return this.#deps.policies.of(orgId, tier);
  }
}

const storageExceeded = (doing: string, holder: QuotaHolder, used: number, limit: number): CellbookError =>
  quotaExceeded(doing, { name: 'storageBytes', holder, used, limit }, 'volume_full');
