/**
 * How long each organisation wants its events kept. The edge says it with every principal; what is new is written
 * behind the request, since nothing is removed sooner than the tier keeps it anyway. An isolate that has not heard of
 * the newest wish takes nothing back: each says how new it is (`policyAsOf`).
 */
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import type { AuditStore } from './store/audit-store.ts';

export interface RetentionWishes {
  hear(principal: Principal): void;
}

export function createRetentionWishes(store: Pick<AuditStore, 'keepPolicy'>, log: Logger): RetentionWishes {
  /** Days null: it wishes nothing, and its tier decides. */
  const heard = new Map<OrgId, { days: number | null; asOf: number }>();
  return {
    hear({ org, audit, policyAsOf: asOf = 0 }) {
      const days = audit?.days ?? null;
      const known = heard.get(org);
      if (known && asOf < known.asOf) return;
      heard.set(org, { days, asOf });
      if (known?.days === days) return;
      const oldest = heard.keys().next();
      if (heard.size > limits.quota.organisationsKeptMax && !oldest.done) heard.delete(oldest.value);
      store.keepPolicy(org, days).catch((error: unknown) => {
        heard.delete(org);
        log.warn(
          { err: error, org },
          'a wish for retention was not written; the next request brings it again',
        );
      });
    },
  };
}
