/**
 * What each organisation may have. The edge says it with every principal; the newest saying is kept here and in
 * Postgres, because a resume may begin without a principal at hand (a held request, a restarted cell).
 */
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { type Principal, type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import {
  type IdleRules,
  idleRulesOf,
  type QuotaPolicy,
  type Quotas,
  quotaPolicySchema,
  quotasOf,
} from '@cellbook/shared/protocol/quota.ts';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { quotaPolicies } from '../db/quotas.ts';

interface Heard {
  tier: Tier;
  policy: QuotaPolicy;
}
const heardSchema = z.object({ tier: tierSchema, policy: quotaPolicySchema });

export class QuotaPolicies {
  readonly #database: Database;
  readonly #log: Logger;
  /** One verified principal comes with every request of its minute. */
  readonly #seen = new WeakSet<Principal>();
  /** In order of insertion: the first is the oldest. */
  readonly #heard = new Map<OrgId, Heard>();

  constructor({ database, log }: { database: Database; log: Logger }) {
    this.#database = database;
    this.#log = log;
  }

  /** Takes up what this principal says; written behind the request, and only where it is new. */
  hear(principal: Principal): void {
    if (this.#seen.has(principal)) return;
    this.#seen.add(principal);
    const { org, tier, quota, iat } = principal;
    const heard = { tier, policy: quota ?? {} };
    if (JSON.stringify(this.#heard.get(org)) === JSON.stringify(heard)) return;
    this.#keep(org, heard);
    this.#write(org, heard, iat).catch((error: unknown) => {
      this.#heard.delete(org);
      this.#log.warn({ err: error, org }, 'a quota policy was not written; the next request brings it again');
    });
  }

  async of(org: OrgId, tier: Tier): Promise<Quotas> {
    const heard = await this.#of(org, tier);
    return quotasOf(heard.tier, heard.policy);
  }

  async idleRules(org: OrgId, tier: Tier): Promise<IdleRules> {
    const heard = await this.#of(org, tier);
    return idleRulesOf(heard.tier, heard.policy);
  }

  async #of(org: OrgId, tier: Tier): Promise<Heard> {
    return this.#heard.get(org) ?? (await this.#read(org)) ?? { tier, policy: {} };
  }

  async #read(org: OrgId): Promise<Heard | null> {
    const [row] = await this.#database.select().from(quotaPolicies).where(eq(quotaPolicies.orgId, org));
    const heard = row ? heardSchema.parse(row) : null;
    // What was heard meanwhile is newer than what was read.
    if (heard && !this.#heard.has(org)) this.#keep(org, heard);
    return this.#heard.get(org) ?? heard;
  }

  async #write(org: OrgId, { tier, policy }: Heard, iatSeconds: number): Promise<void> {
    const heardAt = new Date(iatSeconds * 1_000);
    await this.#database
      .insert(quotaPolicies)
      .values({ orgId: org, tier, policy, heardAt })
      .onConflictDoUpdate({
        target: quotaPolicies.orgId,
        set: { tier, policy, heardAt },
        setWhere: sql`${quotaPolicies.heardAt} <= excluded.heard_at`,
      });
  }

  #keep(org: OrgId, heard: Heard): void {
    this.#heard.delete(org);
    this.#heard.set(org, heard);
    const oldest = this.#heard.keys().next();
    if (this.#heard.size > limits.quota.organisationsKeptMax && !oldest.done)
      this.#heard.delete(oldest.value);
  }
}
