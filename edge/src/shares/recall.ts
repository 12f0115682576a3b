/**
 * Asks the cells that hold unused quota to give back what another needs. Each lowers what it goes by before it
 * answers, and its answer is decided like any other ask, so one that is lost costs nothing but the attempt.
 */
import type { CellId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import {
  quotaAskSchema,
  quotaAskType,
  quotaRecallType,
  type Recall,
} from '@cellbook/shared/protocol/quota-shares-api.ts';
import { quotaNames, type Shares } from '@cellbook/shared/quota/shares.ts';
import type { Ask } from '../ask.ts';
import { log } from '../log.ts';
import { tellCell } from '../statements/cell-statements.ts';
import { grantShare, type ShareRules } from './grant-share.ts';

export interface RecallDeps {
  shares: Shares;
  rules: ShareRules;
  cells: readonly Cell[];
  asker: CellId;
}

/** The cells that hold some and could not be asked. */
export async function recallFromOthers(
  ask: Ask,
  recall: Recall,
  { shares, rules, cells, asker }: RecallDeps,
): Promise<CellId[]> {
  const holders = cells.filter(({ id }) => id !== asker && hasUnused(shares[id], recall.need));
  const asked = await Promise.all(
    holders.map(async (cell) => {
      try {
        await recallFrom(ask, cell, recall, rules);
        return [];
      } catch (cause) {
        log('warn', 'a cell could not be asked to give quota back', { ids: { cell: cell.id }, cause });
        return [cell.id];
      }
    }),
  );
  return asked.flat();
}

async function recallFrom(ask: Ask, cell: Cell, recall: Recall, rules: ShareRules): Promise<void> {
  const order = {
    ...{ typ: quotaRecallType, path: '/quota/recall', body: recall },
    ...{ deadlineMs: limits.quota.shareRecallMsMax, doing: 'asking a cell to give quota back' },
  };
  const kind = { typ: quotaAskType, schema: quotaAskSchema, bytesMax: limits.statements.askBytesMax };
  const said = await tellCell(ask, cell, order, kind);
  // Its word about another organisation than the one it was asked about counts for nothing.
  if (said.org !== recall.org) throw new Error(`it speaks of ${said.org}`);
  await grantShare(ask.edge.shares, cell.id, said, rules, ask.edge.clock.nowMs());
}

const hasUnused = (share: Shares[string] | undefined, need: Recall['need']): boolean =>
  share !== undefined && quotaNames.some((name) => need[name] && share.allowed[name] > share.used[name]);
