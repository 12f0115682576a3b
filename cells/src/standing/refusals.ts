import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';

/** The edge let through what this cell knows to have ended: it is told so, and reads anew. */
export class EndedRight extends CellbookError {}

export const revoked = ({ sub }: Principal): EndedRight =>
  new EndedRight('unauthenticated', {
    doing: 'checking who the request is from',
    problem: 'the key or session that it was sent with has been ended',
    next: 'Sign in again, or use another key.',
    ids: { user: sub },
  });

export const outdated = ({ sub, org }: Principal): EndedRight =>
  new EndedRight('standing_changed', {
    doing: 'opening what stays open',
    problem: 'what you may do has just changed, and the edge has not read it yet',
    next: 'Try again in a few seconds.',
    ids: { user: sub, org },
    retryAfterMs: limits.standing.retryAfterMs,
  });

export const refusedDocument = (cause: unknown): CellbookError =>
  new CellbookError('forbidden', {
    doing: 'taking word of ended rights',
    problem: 'this is no document signed by a key of the edge, or it is older than a minute',
    next: 'Compare this cell’s CELLBOOK_EDGE_PUBLIC_KEYS with the key that the edge signs with.',
    cause,
  });
