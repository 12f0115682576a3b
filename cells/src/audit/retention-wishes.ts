/**
 * How long each organisation wants its events kept. The edge says it with every principal; what is new is written
 * behind the request, since nothing is removed sooner than the tier keeps it anyway.
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
  /** Null: it wishes nothing, and its tier decides. */
  const heard = new Map<OrgId, number | null>();
  return {
    hear({ org, audit }) {
      const days = audit?.days ?? null;
      if (heard.get(org) === days) return;
      heard.set(org, days);
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
