/** This cell's shares of organisations' quotas; null where it is not told how to ask the edge for any. */
import { limits } from '@cellbook/shared/limits.ts';
import {
  quotaAskType,
  quotaGrantedSchema,
  quotaGrantedType,
} from '@cellbook/shared/protocol/quota-shares-api.ts';
import type { CellTools } from '../cell.ts';
import type { Database } from '../db/database.ts';
import type { EdgeClient } from '../edge/edge-client.ts';
import { OrgShares } from '../quotas/shares/org-shares.ts';
import { createShareBook } from '../quotas/shares/share-book.ts';
import { repeatEvery } from '../repeat.ts';

export interface SharePart {
  edge: EdgeClient;
  shares: OrgShares;
  close(): void;
}

export function openShares(
  edge: EdgeClient | null,
  { clock, log }: CellTools,
  database: Database,
  sandboxBytes: number,
): SharePart | null {
  if (edge === null) return null;
  const shares = new OrgShares({
    ...{ clock, log, book: createShareBook({ database, clock, sandboxBytes }) },
    ask: (ask) =>
      edge.ask({
        ...{ path: '/cells/quota', typ: quotaAskType, body: ask },
        answer: {
          typ: quotaGrantedType,
          schema: quotaGrantedSchema,
          bytesMax: limits.statements.askBytesMax,
        },
        deadlineMs: limits.quota.shareAskMsMax,
        ...{ code: 'quota_unavailable', doing: 'asking for a share of a quota' },
      }),
  });
  const passing = repeatEvery(clock, limits.quota.sharePassMs, () => shares.pass(), log);
  return { edge, shares, close: () => passing.cancel() };
}
