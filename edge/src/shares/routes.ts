/**
 * `POST /cells/quota`: a cell asks for its share of an organisation's quota. Where there is too little left, the
 * other cells are asked to give back what they do not use; what one of them says to that is an ask like any other.
 * An organisation of one person is in one cell, which has all of its quota and asks once.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { quotaPolicySchema, quotasOf } from '@cellbook/shared/protocol/quota.ts';
import {
  type Amounts,
  quotaAskSchema,
  quotaAskType,
  quotaGrantedType,
  type ShareAsk,
  type ShareGrant,
} from '@cellbook/shared/protocol/quota-shares-api.ts';
import { eachOf, fairShare, shortOf, sumOf } from '@cellbook/shared/quota/shares.ts';
import type { Ask } from '../ask.ts';
import type { Org } from '../directory/orgs.ts';
import type { OpenRoute } from '../edge-route.ts';
import { answerCell, type FromCell, statementFrom } from '../statements/cell-statements.ts';
import { grantShare } from './grant-share.ts';
import { recallFromOthers } from './recall.ts';

const askKind = { typ: quotaAskType, schema: quotaAskSchema, bytesMax: limits.statements.askBytesMax };

export const shareRoutes: readonly OpenRoute[] = [
  {
    ...{ method: 'POST', path: '/cells/quota', open: 'the body is signed by a cell that the pins name' },
    // Once a minute and organisation, and nobody's deed.
    recordsItself: true,
    answer: ({ ask }) => answerAsk(ask),
  },
];

async function answerAsk(ask: Ask): Promise<Response> {
  const from = await statementFrom(ask, askKind);
  const org = await ask.edge.orgs.get(from.said.org);
  if (!org) throw noSuchOrg(from.said.org);
  const grant = org.kind === 'personal' ? wholeOf(from.said) : await granted(ask, from, org);
  return answerCell(ask, from.cell, quotaGrantedType, grant);
}

function wholeOf({ org, ask, keep }: ShareAsk): ShareGrant {
  const usedElsewhere = eachOf(() => 0);
  return { org, ask, stale: false, whole: true, allowed: keep, fair: keep, usedElsewhere, unreached: [] };
}

async function granted(ask: Ask, { cell, said, cells }: FromCell<ShareAsk>, org: Org): Promise<ShareGrant> {
  const { shares: store, clock } = ask.edge;
  const rules = {
    quota: await quotaOf(ask, org),
    isCell: (id: string) => cells.some((one) => one.id === id),
  };
  const grant = () => grantShare(store, cell.id, said, rules, clock.nowMs());
  const first = await grant();
  const short = first.decision.kind === 'stale' ? {} : shortOf(first.decision.share, said.need);
  const isShort = Object.keys(short).length > 0;
  const unreached = isShort
    ? await recallFromOthers(ask, { org: said.org, need: short }, { ...first, rules, cells, asker: cell.id })
    : [];
  // Asked for once more, it is granted what has come back meanwhile as well.
  const { decision, shares } = isShort ? await grant() : first;
  const { share } = decision;
  return {
    ...{ org: said.org, ask: share.ask, stale: decision.kind === 'stale', whole: false, unreached },
    allowed: share.allowed,
    fair: fairShare(shares, cell.id, said, rules.quota),
    usedElsewhere: sumOf(shares, cell.id, 'used'),
  };
}

/** Of the directory itself, or what it said within the last minute. */
async function quotaOf(ask: Ask, { id, tier }: Org): Promise<Amounts> {
  const policy = await ask.edge.askPolicy(id);
  if (policy === null) throw unreadable(id);
  return quotasOf(tier, quotaPolicySchema.safeParse(policy?.quotas).data).organisation;
}

const doing = 'granting a cell a share of a quota';

const noSuchOrg = (org: OrgId): CellbookError =>
  new CellbookError('not_found', {
    doing,
    problem: 'there is no such organisation',
    next: 'Its people sign in anew.',
    ids: { org },
  });

const unreadable = (org: OrgId): CellbookError =>
  new CellbookError('store_unavailable', {
    doing,
    problem: 'the policy of the organisation cannot be read',
    next: 'Its operator sets it anew.',
    ids: { org },
  });
