/** A log on a store of a test's own. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { AuditEvent } from '@cellbook/shared/protocol/audit.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { AuditLog } from '../audit-log.ts';
import { ChainWriter } from '../chain-writer.ts';
import { createAuditLog } from '../create-audit-log.ts';
import type { AuditStore } from '../store/audit-store.ts';
import { parseBody } from '../store/event-columns.ts';

export const testChain = 'cell-test';

export interface TestAudit {
  log: AuditLog;
  store: AuditStore;
  chain: ChainWriter;
  /** Oldest first. */
  events(): Promise<AuditEvent[]>;
}

export function createTestAudit(store: AuditStore, clock: Clock, writer = 'host-a/1'): TestAudit {
  const random = systemRandom;
  const chain = new ChainWriter({ ...{ store, writer, clock, random }, chain: testChain });
  return {
    ...{ store, chain },
    log: createAuditLog({ ...{ chain, writer, clock, random } }),
    events: async () => (await store.rows(1, 10_000)).map(({ body }) => parseBody(body)),
  };
}
