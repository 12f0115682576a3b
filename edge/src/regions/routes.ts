/** What schedulers of GPU regions ask (shared/src/protocol/region-asks.ts); the body is signed by a region. */
import { decide } from '@cellbook/shared/access/access.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type RegionId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { regionAskAudience, regionAsks, rightsToldSchema } from '@cellbook/shared/protocol/region-asks.ts';
import {
  type RecordAnswer,
  type RecordAsk,
  recordAnswerSchema,
} from '@cellbook/shared/protocol/region-record.ts';
import { toldSchema } from '@cellbook/shared/protocol/standing-api.ts';
import { jwtVerify } from 'jose';
import type { z } from 'zod';
import type { Ask } from '../ask.ts';
import type { OpenRoute } from '../edge-route.ts';
import { readText } from '../read-body.ts';
import { json } from '../responses/json.ts';

type Kind = keyof typeof regionAsks;
type Said<Name extends Kind> = z.infer<(typeof regionAsks)[Name]['schema']>;

export const regionRoutes: readonly OpenRoute[] = [
  route('record', async (ask, from, said) => recordAnswerSchema.parse(await recordOf(ask, from, said))),
  route('budget', async ({ edge }, from, said) => edge.budgets.settle(from, said)),
  route('userBudget', async ({ edge }, from, said) => edge.budgets.settle(from, said)),
  route('standing', async ({ edge }, _from, { after }) =>
    toldSchema.parse(await edge.standingLog.after(after)),
  ),
  route('rights', async (ask, _from, said) => rightsToldSchema.parse(await rightsOf(ask, said))),
];

function route<Name extends Kind>(
  kind: Name,
  answer: (ask: Ask, from: RegionId, said: Said<Name>) => Promise<unknown>,
): OpenRoute {
  return {
    ...{ method: 'POST', path: regionAsks[kind].path, open: 'the body is signed by a GPU region' },
    // A region's own upkeep; nobody's deed.
    recordsItself: true,
    async answer({ ask }) {
      const { from, said } = await saidBy(ask, kind);
      return json(await answer(ask, from, said));
    },
  };
}

async function saidBy<Name extends Kind>(
  ask: Ask,
  kind: Name,
): Promise<{ from: RegionId; said: Said<Name> }> {
  const { typ, schema } = regionAsks[kind];
  const { CELLBOOK_FEDERATION_KEY: secret } = ask.edge.config;
  const jwt = (await readText(ask.request, doing, limits.statements.askBytesMax)).trim();
  try {
    if (secret === undefined) throw new Error('this edge has no secret of the regions');
    const { payload } = await jwtVerify(jwt, new TextEncoder().encode(secret), {
      ...{ algorithms: ['HS256'], audience: regionAskAudience, typ },
      currentDate: new Date(ask.edge.clock.nowMs()),
      clockTolerance: limits.federation.tokenSeconds,
    });
    // The schema is the kind's own.
    return { from: regionIdSchema.parse(payload.iss), said: schema.parse(payload) as Said<Name> };
  } catch (cause) {
    throw new CellbookError('forbidden', {
      ...{ doing, cause },
      problem: 'it is not signed with the secret of the regions, or older than a minute',
      next: 'Give the edge the secret of CELLBOOK_FEDERATION_KEY_FILE as CELLBOOK_FEDERATION_KEY.',
    });
  }
}

/** A region changes its own record; another's it only claims, for itself. */
async function recordOf({ edge }: Ask, from: RegionId, { region, change }: RecordAsk): Promise<RecordAnswer> {
  if (change === null) return { record: await edge.regionRecords.read(region), refused: null };
  const isIts = change.type === 'claim' ? change.by === from : region === from;
  if (isIts) return edge.regionRecords.change(region, change);
  throw new CellbookError('forbidden', {
    doing: `changing the record of region ${region}`,
    problem: `region ${from} may not`,
    next: 'A region changes its own record, and claims for itself.',
    ids: { region, from },
  });
}

/** As the directory has them now, not as a credential says. */
async function rightsOf({ edge }: Ask, { userId, orgId }: Said<'rights'>) {
  const person = await edge.personIn(userId, orgId);
  if (!person) return { maySubmit: false, tier: null };
  const { allowed } = decide({ ...person, scopes: null, via: 'token' }, 'job.submit', 'own');
  return { maySubmit: allowed, tier: person.tier };
}

const doing = 'answering a GPU region';
