/** A log on a store of a test's own. */

import { parseBody } from '@cellbook/shared/audit/event-columns.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { AuditEvent } from '@cellbook/shared/protocol/audit.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { AuditLog } from '../audit-log.ts';
import { ChainWriter } from '../chain-writer.ts';
import { createAuditLog } from '../create-audit-log.ts';
import type { AuditStore } from '../store/audit-store.ts';

export const testChain = 'cell-test';

export interface TestAudit {
  log: AuditLog;
  store: AuditStore;
  chain: ChainWriter;
  /** From now on nothing can be recorded, or it can again. */
  fail(failing: boolean): void;
  /** Oldest first. */
  events(): Promise<AuditEvent[]>;
}

export function createTestAudit(store: AuditStore, clock: Clock, writer = 'host-a/1'): TestAudit {
  const random = systemRandom;
  const chain = new ChainWriter({ ...{ store, writer, clock, random }, chain: testChain });
  const log = createAuditLog({ ...{ chain, writer, clock, random } });
  let failing = false;
  const mayFail = async () => {
    if (failing) throw new CellbookError('store_unavailable', { doing: 'testing', problem: 'it fails' });
  };
  return {
    ...{ store, chain },
    log: {
      ...log,
      record: (event) => mayFail().then(() => log.record(event)),
      begin: (event) => mayFail().then(() => log.begin(event)),
    },
    fail(given) {
      failing = given;
    },
    events: async () => (await store.rows(1, 10_000)).map(({ body }) => parseBody(body)),
  };
}
