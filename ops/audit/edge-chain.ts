/** The edge's chain, as the edge shows it to an operator; checked here against the key of its checkpoints. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { columnsIfEvent } from '@cellbook/shared/audit/event-columns.ts';
import { auditPublicKeySchema } from '@cellbook/shared/audit/statements.ts';
import { type StoredChainRow, verifyChain } from '@cellbook/shared/audit/verify.ts';
import { systemClock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import type { Verified } from './verified.ts';

const chain = 'edge';
const rowLineSchema = z.object({
  row: z.object({
    seq: z.int(),
    prev: z.string(),
    hash: z.string(),
    body: z.string(),
    columns: z.record(z.string(), z.string().nullable()),
  }),
});
const lineSchema = z.union([
  z.object({ statement: z.string() }),
  z.object({ anchor: z.string() }),
  rowLineSchema,
]);

export interface EdgeToVerify {
  url: string;
  token: string | null;
  keysDirectory: string;
}

export async function verifyEdge({ url, token, keysDirectory }: EdgeToVerify): Promise<Verified> {
  if (token === null) return { chain, unread: 'it takes an operator’s key (--token, or CELLBOOK_TOKEN)' };
  try {
    const key: unknown = JSON.parse(await readFile(join(keysDirectory, 'edge', 'audit.json'), 'utf8'));
    const keys = [auditPublicKeySchema.parse(key)];
    const parts = await partsOf(edgeLines(url, token, '/v1/edge-audit/chain'));
    return await verifyChain({
      ...{ chain, keys, ...parts, nowMs: systemClock.nowMs() },
      columnsOf: columnsIfEvent,
    });
  } catch (error) {
    return { chain, unread: error instanceof Error ? error.message : String(error) };
  }
}

/** What was signed comes first and is little; the rows are read as they are looked at, however many there are. */
async function partsOf(lines: AsyncGenerator<string>) {
  const [statements, anchors]: [string[], string[]] = [[], []];
  for (;;) {
    const { value: text, done } = await lines.next();
    if (done) return { statements, anchors, rows: rest(lines, null) };
    const line = lineSchema.parse(JSON.parse(text));
    if ('row' in line) return { statements, anchors, rows: rest(lines, line.row) };
    if ('statement' in line) statements.push(line.statement);
    else anchors.push(line.anchor);
  }
}

async function* rest(
  lines: AsyncGenerator<string>,
  first: StoredChainRow | null,
): AsyncGenerator<StoredChainRow> {
  if (first) yield first;
  for await (const text of lines) yield rowLineSchema.parse(JSON.parse(text)).row;
}

/** A slow edge is given a minute to begin; what it streams after that takes as long as it takes. */
const beginsWithinMs = 60_000;

export async function* edgeLines(url: string, token: string, path: string): AsyncGenerator<string> {
  const answer = await fetch(`${url}${path}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(beginsWithinMs),
  });
  if (!answer.ok || !answer.body) throw new Error(`GET ${path} was answered ${answer.status}`);
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
