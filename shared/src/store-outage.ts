/**
 * What Postgres and its client throw while it is away, full or being restarted, as the typed 503 that clients come
 * back from: to a Jupyter client a 500 is a dead kernel. Known by SQLSTATE and by the client's own codes, never
 * by text; whatever else it says is a bug of ours.
 */
import { CellbookError, toCellbookError } from './errors.ts';
import { classOf, codesOf } from './thrown-codes.ts';

/** postgres.js and the socket under it: the connection was lost, or never made. */
const connectionCodes = new Set([
  ...['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
]);

/**
 * Classes of SQLSTATE (Postgres 18, appendix A): 08 connection, 53 insufficient resources (a full disk is 53100),
 * 57 operator intervention (a shutdown, a statement cancelled for its time), 58 system error (an I/O error).
 */
const outageClasses = new Set<string | null>(['08', '53', '57', '58']);

export function asStoreOutage(thrown: unknown, doing: string): CellbookError | null {
  return codesOf(thrown).some(isOutage) ? unavailable(thrown, doing) : null;
}

/** As toCellbookError of shared, where what was thrown may be the database's. */
export const toCellError = (thrown: unknown, doing: string): CellbookError =>
  asStoreOutage(thrown, doing) ?? toCellbookError(thrown, doing);

const isOutage = (code: string): boolean => connectionCodes.has(code) || outageClasses.has(classOf(code));

const unavailable = (cause: unknown, doing: string): CellbookError =>
  new CellbookError('store_unavailable', {
    doing,
    problem: 'the database cannot be reached or takes nothing at the moment',
    next: 'Nothing that was acknowledged is lost. Try again in a moment; an operator finds the cause in the log.',
    retryAfterMs: 1_000,
    cause,
  });
