/**
 * What cells say to the edge of their own accord, and the edge to them (shared/src/protocol/statements.ts). A cell
 * is known by the key that the pins name for it, the edge by the key of principals.
 */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { allCells, type Cell } from '@cellbook/shared/pins/pins.ts';
import {
  claimedSender,
  signStatement,
  statementMediaType,
  verifyStatement,
} from '@cellbook/shared/protocol/statements.ts';
import { type CryptoKey, importJWK } from 'jose';
import type { z } from 'zod';
import type { Ask } from '../ask.ts';
import { readText } from '../read-body.ts';

export const edgeName = 'edge';

interface Kind<Schema extends z.ZodType> {
  typ: string;
  schema: Schema;
  bytesMax: number;
}

export interface FromCell<Said> {
  cell: Cell;
  said: Said;
  /** Every cell that the pins name. */
  cells: readonly Cell[];
}

/** What the request's body says, and which cell says it. Throws `forbidden`. */
export async function statementFrom<Schema extends z.ZodType>(
  ask: Ask,
  { typ, schema, bytesMax }: Kind<Schema>,
): Promise<FromCell<z.infer<Schema>>> {
  const jws = (await readText(ask.request, doing, bytesMax)).trim();
  const sender = claimedSender(jws);
  let cells = allCells(await ask.edge.pins.get(ask.defer));
  // A cell that has just joined is in newer pins than these.
  if (!cells.some(({ id, key }) => id === sender && key))
    cells = allCells(await ask.edge.pins.reload(ask.defer));
  const cell = cells.find(({ id }) => id === sender);
  if (!cell?.key) throw unknown(sender);
  const expected = { typ, schema, to: edgeName, from: cell.id, nowMs: ask.edge.clock.nowMs() };
  const said = await importJWK(cell.key, 'EdDSA')
    .then((key) => verifyStatement(jws, key as CryptoKey, expected))
    .catch((cause: unknown) => {
      throw notSigned(cell.id, cause);
    });
  return { cell, said, cells };
}

export async function answerCell(ask: Ask, cell: Cell, typ: string, body: object): Promise<Response> {
  const headers = { 'content-type': statementMediaType, 'cache-control': 'no-store' };
  return new Response(await signedFor(ask, cell, typ, body), { headers });
}

/** Tells a cell something, and reads what it says to it, which is signed by it. Throws `cell_unreachable`. */
export async function tellCell<Schema extends z.ZodType>(
  ask: Ask,
  cell: Cell,
  order: { typ: string; path: string; body: object; deadlineMs: number; doing: string },
  { typ, schema, bytesMax }: Kind<Schema>,
): Promise<z.infer<Schema>> {
  const { clock } = ask.edge;
  const details = { code: 'cell_unreachable', doing: order.doing, ids: { cell: cell.id } } as const;
  const body = await signedFor(ask, cell, order.typ, order.body);
  try {
    return await withDeadline(clock, order.deadlineMs, details, async (signal) => {
      const headers = { 'content-type': statementMediaType };
      const answer = await fetch(new URL(order.path, cell.url), { method: 'POST', headers, body, signal });
      const jws = await readText(answer, order.doing, bytesMax);
      if (!answer.ok || !cell.key) throw new Error(`status ${answer.status}`);
      const key = (await importJWK(cell.key, 'EdDSA')) as CryptoKey;
      return verifyStatement(jws, key, { typ, schema, to: edgeName, from: cell.id, nowMs: clock.nowMs() });
    });
  } catch (cause) {
    if (cause instanceof CellbookError) throw cause;
    throw new CellbookError('cell_unreachable', {
      ...details,
      problem: 'it has not answered as it should',
      cause,
    });
  }
}

export function signedFor({ edge }: Ask, cell: Cell, typ: string, body: object): Promise<string> {
  const envelope = { from: edgeName, to: cell.id, iat: edge.clock.nowMs() };
  return signStatement(typ, { ...body, ...envelope }, edge.config.CELLBOOK_PRINCIPAL_KEY);
}

const doing = 'listening to a cell';

const unknown = (sender: string | null): CellbookError =>
  new CellbookError('forbidden', {
    doing,
    problem: 'the pins name no cell of this name with a key',
    next: 'Publish pins that name the cell with the public half of its CELLBOOK_CELL_KEY.',
    ids: { cell: sender ?? '' },
  });

const notSigned = (cell: string, cause: unknown): CellbookError =>
  new CellbookError('forbidden', {
    doing,
    problem: 'this is not signed by the cell it names, or older than a minute',
    next: 'Publish pins with the key that the cell has now, and look at its clock.',
    ids: { cell },
    cause,
  });
