/**
 * `POST /cells/secrets`: a cell that first meets an organisation wants its secrets, and is brought them by one that
 * has them, of its own region first. What passes here is sealed to the cell that wants it. It has to be in a region
 * where the organisation's members may live; where it takes them from may be one that they have left since.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import {
  secretsBroughtType,
  secretsHeldSchema,
  secretsHeldType,
  secretsOrderType,
  secretsTakenType,
  secretsWantedSchema,
  secretsWantedType,
} from '@cellbook/shared/protocol/secret-sets-api.ts';
import type { z } from 'zod';
import type { Ask } from '../ask.ts';
import type { OpenRoute } from '../edge-route.ts';
import { log } from '../log.ts';
import { answerCell, type FromCell, orderCell, statementFrom } from '../statements/cell-statements.ts';

const open = 'the body is signed by a cell that the pins name';
const { askBytesMax: bytesMax, secretsBytesMax } = limits.statements;
const wantedKind = { typ: secretsWantedType, schema: secretsWantedSchema, bytesMax };
const heldKind = { typ: secretsHeldType, schema: secretsHeldSchema, bytesMax };
type Wanted = FromCell<z.infer<typeof secretsWantedSchema>>;

export const bringRoutes: readonly OpenRoute[] = [
  // Nobody's deed: a cell looks for what people have set, once for each organisation.
  {
    ...{ method: 'POST', path: '/cells/secrets', open, recordsItself: true },
    answer: ({ ask }) => bring(ask),
  },
  {
    ...{ method: 'POST', path: '/cells/secrets/held', open, recordsItself: true },
    answer: ({ ask }) => noteHeld(ask),
  },
];

async function bring(ask: Ask): Promise<Response> {
  const from = await statementFrom(ask, wantedKind);
  const { cell, said } = from;
  const org = await ask.edge.orgs.get(said.org);
  if (!org || (org.region !== null && org.region !== cell.region)) throw notHere(from);
  const sealed = await soughtFor(ask, from, org.kind === 'personal');
  return answerCell(ask, cell, secretsBroughtType, { org: said.org, sealed });
}

async function soughtFor(
  ask: Ask,
  from: Wanted,
  isPersonal: boolean,
): Promise<{ by: CellId; text: string } | null> {
  const { secretCells, clock } = ask.edge;
  const { cell, said, cells } = from;
  const holders = await secretCells.of(said.org);
  if (holders.length === 0) {
    // It has all there are, and is told of a first one, by whatever pins. One person's are in his own cell anyhow.
    if (said.hasSome || !isPersonal) await secretCells.begin(said.org, [cell.id], clock.nowMs());
    return null;
  }
  if (holders.includes(cell.id)) return null;
  const others = cells.filter(({ id }) => holders.includes(id));
  const nearest = others.toSorted((one, other) => farFrom(cell, one) - farFrom(cell, other));
  for (const other of nearest.slice(0, limits.secrets.bringFromMax)) {
    const text = await sealedBy(ask, other, from);
    if (text !== null) return { by: other.id, text };
  }
  throw nobodyAnswers(from, holders);
}

const farFrom = ({ region }: Cell, other: Cell): number => (other.region === region ? 0 : 1);

/** Null: it cannot, or does not answer. */
async function sealedBy(ask: Ask, other: Cell, { cell, said, jws }: Wanted): Promise<string | null> {
  try {
    return await orderCell(
      ask,
      other,
      {
        ...{ typ: secretsOrderType, path: '/secrets/seal', doing: 'asking a cell for secrets' },
        body: { org: said.org, wantedBy: cell.id, wanted: jws },
        deadlineMs: limits.secrets.bringMs,
      },
      secretsBytesMax,
    );
  } catch (cause) {
    log('warn', 'a cell did not seal the secrets of an organisation', { ids: { cell: other.id }, cause });
    return null;
  }
}

async function noteHeld(ask: Ask): Promise<Response> {
  const { cell, said } = await statementFrom(ask, heldKind);
  await ask.edge.secretCells.add(said.org, cell.id, ask.edge.clock.nowMs());
  return answerCell(ask, cell, secretsTakenType, { org: said.org });
}

const doing = 'bringing an organisation’s secrets to a cell';

const notHere = ({ cell, said }: Wanted): CellbookError =>
  new CellbookError('region_refused', {
    doing,
    problem: 'there is no such organisation, or its members may not live in the region of this cell',
    next: 'Its policy says where they may.',
    ids: { cell: cell.id, org: said.org },
  });

const nobodyAnswers = ({ cell, said }: Wanted, holders: readonly CellId[]): CellbookError =>
  new CellbookError('secrets_unavailable', {
    doing,
    problem: `none of the cells that have them answers: ${holders.join(', ')}`,
    next: 'Ask again when one of them is back; or set the secrets again, and publish pins without the cells that are gone.',
    ids: { cell: cell.id, org: said.org },
    retryAfterMs: limits.secrets.bringRetryAfterMs,
  });
