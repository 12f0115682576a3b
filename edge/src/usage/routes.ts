/**
 * `GET /v1/usage`: what one's own home cell says, and where what an organisation or everybody has used is asked for
 * (`from` and `of`), that of every cell in reach, added up: of an organisation those of its region, or of all where
 * its members may live anywhere; for operators all. Whether one may ask is said by the home cell, and by each other.
 * A cell that does not answer is named as missing in it; nothing is guessed.
 */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { allCells, type Cell } from '@cellbook/shared/pins/pins.ts';
import { atHeader } from '@cellbook/shared/protocol/principal.ts';
import {
  type Metered,
  usageAnswerSchema,
  usageOfCellSchema,
  usageQuerySchema,
} from '@cellbook/shared/protocol/usage-api.ts';
import { mergeMetered } from '@cellbook/shared/usage/merge-metered.ts';
import type { Ask } from '../ask.ts';
import { askedRegions } from '../asked-region.ts';
import { clientAddressOf } from '../client-address.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { forwardAs } from '../hosts/forwarding.ts';
import type { Identity } from '../identity/identity.ts';
import { json } from '../responses/json.ts';
import { forward } from '../route/forward.ts';

const path = '/v1/usage';

export const usageRoutes: readonly GuardedRoute[] = [
  {
    ...{ method: 'GET', path, permission: 'workspace.list', about: 'caller' },
    answer: ({ ask, identity }) => answerUsage(ask, identity),
    describes: {
      id: 'getUsage',
      summary:
        'What you and your organisation use of what you may; with `from`, what you, your organisation or everybody has used since',
      query: usageQuerySchema,
      status: 200,
      answers: usageAnswerSchema,
    },
  },
];

async function answerUsage(ask: Ask, identity: Identity): Promise<Response> {
  const home = await forwardAs(ask, identity, path);
  const { searchParams } = ask.url;
  const of = searchParams.get('of');
  // Whom somebody addresses answers for himself alone; one's own workspaces are all at home.
  const isWide = (of === 'organisation' || of === 'platform') && searchParams.has('from');
  if (!home.ok || !isWide || ask.request.headers.has(atHeader)) return home;
  const { user, organisation } = usageOfCellSchema.parse(await home.json());
  // Each is asked by its name, the home too: whoever is moved meanwhile is counted in one place.
  const cells = await cellsInReach(ask, identity, of);
  const asked = await Promise.all(cells.map((cell) => askCell(ask, identity, cell)));
  const parts = asked.map(({ metered }) => metered).filter((part) => part !== null);
  const missing = asked.filter(({ metered }) => metered === null).map(({ cell }) => cell);
  const [first, ...more] = parts;
  if (!first) throw noneAnswered(missing);
  return json({ user, organisation, metered: mergeMetered([first, ...more], missing) });
}

async function cellsInReach(ask: Ask, identity: Identity, of: string): Promise<Cell[]> {
  const { edge, defer } = ask;
  const cells = allCells(await edge.pins.get(defer));
  // Who insists on a region is answered from there and from nowhere else.
  if (askedRegions(ask).length > 0) return cells.filter(({ region }) => region === identity.region);
  if (of === 'platform') return cells;
  const kept = (await edge.orgs.get(identity.org))?.region ?? null;
  return cells.filter(({ region }) => kept === null || region === kept);
}

async function askCell(
  ask: Ask,
  identity: Identity,
  { id: cell }: Cell,
): Promise<{ cell: CellId; metered: Metered | null }> {
  const { edge, requestId, defer, url } = ask;
  const details = { code: 'cell_unreachable', doing: `asking cell ${cell} what was used` } as const;
  const told = withDeadline(edge.clock, limits.usage.askMs, details, async () => {
    const target = path + url.search;
    const request = new Request(new URL(target, url.origin));
    const clientAddress = clientAddressOf(ask);
    const forwarded = { request, target, identity, requestId, defer, at: { cell }, clientAddress };
    const answer = await forward(edge.forwarder, forwarded);
    if (answer.ok) return usageOfCellSchema.parse(await answer.json()).metered ?? null;
    await answer.body?.cancel();
    return null;
  });
  return { cell, metered: await told.catch(unanswered) };
}

function unanswered(thrown: unknown): null {
  if (thrown instanceof CellbookError) return null;
  throw thrown;
}

const noneAnswered = (missing: readonly CellId[]): CellbookError =>
  new CellbookError('cell_unreachable', {
    doing: 'asking the cells what was used',
    problem: `none of ${missing.join(', ')} has answered`,
    next: 'Nothing is lost; try again in a few seconds.',
    ids: { missing: missing.join(' ') },
    retryAfterMs: limits.edge.unreachableRetryAfterMs,
  });
