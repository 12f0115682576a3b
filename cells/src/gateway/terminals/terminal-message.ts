/** What a client of a terminal says: a JSON array whose first element names it. */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

const size = (max: number) => z.int().min(1).max(max);

const messageSchema = z.union([
  z.tuple([z.literal('stdin'), z.string()]).rest(z.unknown()),
  z
    .tuple([
      z.literal('set_size'),
      size(limits.gateway.terminalRowsMax),
      size(limits.gateway.terminalColumnsMax),
    ])
    .rest(z.unknown()),
]);

export type TerminalMessage =
  | { kind: 'stdin'; data: string }
  | { kind: 'size'; rows: number; columns: number }
  | { kind: 'unknown' };

export function readTerminalMessage(data: Buffer): TerminalMessage {
  if (data.length > limits.gateway.terminalMessageBytesMax) return { kind: 'unknown' };
  let parsed: ReturnType<typeof messageSchema.safeParse>;
  try {
    parsed = messageSchema.safeParse(JSON.parse(data.toString()));
  } catch {
    return { kind: 'unknown' };
  }
  if (!parsed.success) return { kind: 'unknown' };
  const message = parsed.data;
  if (message[0] === 'stdin') return { kind: 'stdin', data: message[1] };
  return { kind: 'size', rows: message[1], columns: message[2] };
}
