/**
 * What may still be made, run and saved, and what is used of it. Every cell counts what is in it: a user lives in
 * one cell, so his numbers are whole; an organisation with people in several has its quota in each.
 *
 * The decision itself falls in the store, in the transaction that changes the row (count-workspaces.ts); here are
 * the numbers it is held against, and the words of a refusal.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Principal, Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Usage } from '@cellbook/shared/protocol/quota.ts';
import type { Database } from '../db/database.ts';
import type { Allowance, CreateAllowance } from './allowance.ts';
import { countRunning, countWorkspaces } from './count-workspaces.ts';
import type { QuotaPolicies } from './quota-policies.ts';
import { firstExceeded, type QuotaHolder, type QuotaName, quotaExceeded } from './refusals.ts';
import { sumStorage } from './sum-storage.ts';

export interface Tenant {
  ownerId: UserId;
  orgId: OrgId;
  tier: Tier;
}

export interface QuotaGuardDeps {
  database: Database;
  policies: QuotaPolicies;
  clock: Clock;
  /** What a sandbox may use. */
  sandboxBytes(tier: Tier): number;
}

/** What the rest of the cell asks of it. */
export type WorkspaceQuotas = Pick<QuotaGuard, keyof QuotaGuard>;

export class QuotaGuard {
  readonly #deps: QuotaGuardDeps;
  readonly #sums = new Map<string, { sum: Allowance; untilMs: number }>();

  constructor(deps: QuotaGuardDeps) {
    this.#deps = deps;
  }

  hear(principal: Principal): void {
    this.#deps.policies.hear(principal);
  }

  async toCreate(tenant: Tenant): Promise<CreateAllowance> {
    const { user, organisation } = await this.#quotas(tenant);
    return {
      workspaces: { user: user.workspaces, organisation: organisation.workspaces },
      running: await this.toRun(tenant),
    };
  }

  /** How many may run: by their number, or by their memory where that is less. */
  async toRun(tenant: Tenant): Promise<Allowance> {
    const { user, organisation } = await this.#quotas(tenant);
    const bytes = this.#deps.sandboxBytes(tenant.tier);
    const most = (quota: { runningSandboxes: number; memoryBytes: number }) =>
      Math.min(quota.runningSandboxes, Math.floor(quota.memoryBytes / bytes));
    return { user: most(user), organisation: most(organisation) };
  }

  /** Throws where there is no room for so many more bytes of files; a cell that saves asks before it writes. */
  async assertStorage(tenant: Tenant, moreBytes: number, doing: string): Promise<void> {
    const { user, organisation } = await this.#quotas(tenant);
    const used = await this.#storage(tenant);
    for (const [holder, quota] of [
      ['user', user],
      ['organisation', organisation],
    ] as const) {
      if (used[holder] + moreBytes <= quota.storageBytes) continue;
      const exceeded = {
        name: 'storageBytes',
        holder,
        used: used[holder],
        limit: quota.storageBytes,
      } as const;
      throw quotaExceeded(doing, exceeded, 'volume_full');
    }
  }

  /** Why the store had no room, after it said so. */
  toCreateRefusal(tenant: Tenant, runs: boolean): Promise<CellbookError> {
    return this.#refusal(tenant, 'creating a workspace', {
      workspaces: 1,
      ...(runs && this.#oneRunning(tenant)),
    });
  }

  toRunRefusal(tenant: Tenant, doing: string): Promise<CellbookError> {
    return this.#refusal(tenant, doing, this.#oneRunning(tenant));
  }

  async #refusal(
    tenant: Tenant,
    doing: string,
    more: Partial<Record<QuotaName, number>>,
  ): Promise<CellbookError> {
    const exceeded = firstExceeded(await this.usage(tenant), more);
    if (exceeded) return quotaExceeded(doing, exceeded);
    return new CellbookError('quota_exceeded', {
      doing,
      problem: 'there was no room at that moment, and there is some now',
      next: 'Try again.',
      retryAfterMs: limits.lifecycle.capacityRetryAfterMs,
    });
  }

  #oneRunning({ tier }: Tenant) {
    return { runningSandboxes: 1, memoryBytes: this.#deps.sandboxBytes(tier) };
  }

  async usage(tenant: Tenant): Promise<Record<QuotaHolder, Usage>> {
    const { database, sandboxBytes } = this.#deps;
    const quotas = await this.#quotas(tenant);
    const [workspaces, running, storage] = await Promise.all([
      countWorkspaces(database, tenant),
      countRunning(database, tenant),
      this.#storage(tenant),
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

  async #storage(tenant: Tenant): Promise<Allowance> {
    const { clock, database } = this.#deps;
    const key = `${tenant.orgId} ${tenant.ownerId}`;
    const known = this.#sums.get(key);
    if (known && clock.monotonicMs() < known.untilMs) return known.sum;
    const sum = await sumStorage(database, tenant);
    this.#sums.delete(key);
    this.#sums.set(key, { sum, untilMs: clock.monotonicMs() + limits.quota.storageSumMs });
    const oldest = this.#sums.keys().next();
    if (this.#sums.size > limits.quota.organisationsKeptMax && !oldest.done) this.#sums.delete(oldest.value);
    return sum;
  }
}
