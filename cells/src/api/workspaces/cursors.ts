/** Cursors of pages: opaque to clients, checked when they come back. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export interface ListPosition {
  createdAtMs: number;
  id: WorkspaceId;
}

const positionSchema = z.tuple([z.int().nonnegative(), workspaceIdSchema]);

export function encodePosition({ createdAtMs, id }: ListPosition): string {
  return Buffer.from(JSON.stringify([createdAtMs, id])).toString('base64url');
}

export function decodePosition(cursor: string): ListPosition {
  try {
    const [createdAtMs, id] = positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { createdAtMs, id };
  } catch (cause) {
    throw badCursor(cause);
  }
}

export function decodeNumber(cursor: string): number {
  const parsed = z.coerce.number().int().positive().safeParse(cursor);
  if (parsed.success) return parsed.data;
  throw badCursor(parsed.error);
}

const badCursor = (cause: unknown): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reading a page',
    problem: 'the cursor is not one of ours',
    next: 'Begin without a cursor, and pass nextCursor on as it came.',
    cause,
  });
