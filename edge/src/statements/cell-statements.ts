/**
 * What cells say to the edge of their own accord, and the edge to them (shared/src/protocol/statements.ts). A cell
 * is known by the key that the pins name for it, the edge by the key of principals.
 */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
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
  /** As it was signed. */
  jws: string;
}

/** What the request's body says, and which cell says it. Throws `forbidden`. */
export async function statementFrom<Schema extends z.ZodType>(
  ask: Ask,
  { typ, schema, bytesMax }: Kind<Schema>,
): Promise<FromCell<z.infer<Schema>>> {
  const jws = (await readText(ask.request, doing, bytesMax)).trim();
  const sender = claimedSender(jws);
  let cells = allCells(await ask.edge.pins.get(ask.defer));
  // A cell that has just joined is in newer pins than these; of many who say so, one has them read.
  if (!cells.some(({ id, key }) => id === sender && key) && mayReload(ask))
    cells = allCells(await ask.edge.pins.reload(ask.defer));
  const cell = cells.find(({ id }) => id === sender);
  if (!cell?.key) throw unknown(sender);
  const expected = { typ, schema, to: edgeName, from: cell.id, nowMs: ask.edge.clock.nowMs() };
  const said = await importJWK(cell.key, 'EdDSA')
    .then((key) => verifyStatement(jws, key as CryptoKey, expected))
    .catch((cause: unknown) => {
      throw notSigned(cell.id, cause);
    });
  return { cell, said, cells, jws };
}

const reloadedMs = new WeakMap<object, number>();

/** Anybody can name a cell that there is not, and is no reason to read the stores each time. */
function mayReload({ edge: { pins, clock } }: Ask): boolean {
  const nowMs = clock.monotonicMs();
  if (nowMs - (reloadedMs.get(pins) ?? Number.NEGATIVE_INFINITY) < limits.statements.reloadEveryMs)
    return false;
  reloadedMs.set(pins, nowMs);
  return true;
}

export async function answerCell(ask: Ask, cell: Cell, typ: string, body: object): Promise<Response> {
  const headers = { 'content-type': statementMediaType, 'cache-control': 'no-store' };
  return new Response(await signedFor(ask, cell, typ, body), { headers });
}

export interface Order {
  typ: string;
  path: string;
  body: object;
  deadlineMs: number;
  doing: string;
}

/** Tells a cell something; its answer is whatever it is. Throws `cell_unreachable`. */
export async function orderCell(ask: Ask, cell: Cell, order: Order, bytesMax: number): Promise<string> {
  const { typ, path, deadlineMs, doing } = order;
  const details = { code: 'cell_unreachable', doing, ids: { cell: cell.id } } as const;
  const body = await signedFor(ask, cell, typ, order.body);
  try {
    return await withDeadline(ask.edge.clock, deadlineMs, details, async (signal) => {
      const headers = { 'content-type': statementMediaType };
      const answer = await fetch(new URL(path, cell.url), { method: 'POST', headers, body, signal });
      const text = await readText(answer, doing, bytesMax);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return text;
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

/** As `orderCell`, of a cell that says something to the edge in return, and signs it. */
export async function tellCell<Schema extends z.ZodType>(
  ask: Ask,
  cell: Cell,
  order: Order,
  { typ, schema, bytesMax }: Kind<Schema>,
): Promise<z.infer<Schema>> {
  const jws = await orderCell(ask, cell, order, bytesMax);
  const expected = { typ, schema, to: edgeName, from: cell.id, nowMs: ask.edge.clock.nowMs() };
  try {
    if (!cell.key) throw new Error('the pins name no key of it');
    return await verifyStatement(jws, (await importJWK(cell.key, 'EdDSA')) as CryptoKey, expected);
  } catch (cause) {
    const ids = { cell: cell.id };
    throw new CellbookError('cell_unreachable', {
      doing: order.doing,
      problem: 'its answer is not its own',
      ids,
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
