/**
 * What a cell asks of the edge of its own accord (shared/src/protocol/statements.ts). Both sides sign: the edge knows
 * the cell by the key that the pins name, the cell the edge by the key of principals, whoever carries what they say.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError, type ErrorCode } from '@cellbook/shared/errors.ts';
import type { CellId } from '@cellbook/shared/ids.ts';
import { signStatement, statementMediaType, verifyStatement } from '@cellbook/shared/protocol/statements.ts';
import { z } from 'zod';
import type { PublicKeys } from '../api/access/public-keys.ts';
import type { CellKey } from './cell-key.ts';

export const edgeName = 'edge';

export interface EdgeClientDeps {
  cellId: CellId;
  /** The edge's public address. */
  edgeUrl: string;
  key: CellKey;
  edgeKeys: PublicKeys;
  clock: Clock;
}

export interface EdgeAsk<Schema extends z.ZodType> {
  path: string;
  typ: string;
  body: object;
  answer: { typ: string; schema: Schema; bytesMax: number };
  deadlineMs: number;
  /** What it is when there is no answer. */
  code: ErrorCode;
  doing: string;
}

export type EdgeClient = ReturnType<typeof createEdgeClient>;

export function createEdgeClient({ cellId, edgeUrl, key, edgeKeys, clock }: EdgeClientDeps) {
  const sign = (typ: string, body: object): Promise<string> =>
    signStatement(typ, { ...body, from: cellId, to: edgeName, iat: clock.nowMs() }, key);
  const heard = <Schema extends z.ZodType>(jws: string, typ: string, schema: Schema) =>
    verifyStatement(jws, edgeKeys, { typ, schema, to: cellId, from: edgeName, nowMs: clock.nowMs() });

  return {
    cellId,
    sign,
    /** For another cell, to which the edge carries it. */
    signFor: (to: CellId, typ: string, body: object): Promise<string> =>
      signStatement(typ, { ...body, from: cellId, to, iat: clock.nowMs() }, key),
    /** What the edge says to this cell, if it does. Throws `forbidden`. */
    async hear<Schema extends z.ZodType>(jws: string, typ: string, schema: Schema): Promise<z.infer<Schema>> {
      return heard(jws, typ, schema).catch((cause: unknown) => {
        throw notTheEdge(cause);
      });
    },
    async ask<Schema extends z.ZodType>(asked: EdgeAsk<Schema>): Promise<z.infer<Schema>> {
      const { path, typ, answer, deadlineMs, code, doing } = asked;
      const next =
        'Try again in a while; if it stays so, your operator looks whether the cell reaches the edge.';
      try {
        return await withDeadline(clock, deadlineMs, { code, doing, next }, async (signal) => {
          const body = await sign(typ, asked.body);
          const headers = { 'content-type': statementMediaType };
          const answered = await fetch(new URL(path, edgeUrl), { method: 'POST', headers, body, signal });
          const text = await textOf(answered, answer.bytesMax);
          if (!answered.ok) throw refusedBy(answered, text, { code, doing, next });
          return heard(text, answer.typ, answer.schema);
        });
      } catch (cause) {
        if (cause instanceof CellbookError) throw cause;
        throw new CellbookError(code, {
          doing,
          problem: 'the edge does not answer as it should',
          next,
          cause,
        });
      }
    },
  };
}

const refusalSchema = z.object({ reason: z.string(), next: z.string().optional() });

/** In the edge's own words, where it has some. */
function refusedBy(
  answer: Response,
  text: string,
  { code, doing, next }: { code: ErrorCode; doing: string; next: string },
): CellbookError {
  const cause = new Error(`the edge answered ${answer.status}: ${text.slice(0, 300)}`);
  const said = refusalSchema.safeParse(parseJson(text)).data;
  const problem = said?.reason ?? 'the edge does not answer as it should';
  return new CellbookError(code, { doing, problem, next: said?.next ?? next, cause });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function textOf(answer: Response, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`an answer of more than ${bytesMax} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const notTheEdge = (cause: unknown): CellbookError =>
  new CellbookError('forbidden', {
    doing: 'listening to the edge',
    problem: 'this is not signed by the edge for this cell, or older than a minute',
    next: 'Only the edge asks this.',
    cause,
  });
