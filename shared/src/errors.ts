/**
 * Expected failures. Each has a code, says what was being done, carries its ids as fields, and tells the
 * user what to do next. Code to HTTP status is one exhaustive record: a new code does not compile until it
 * is mapped. Message text is never matched; match `code`.
 */
export const httpStatusByCode = {
  bad_request: 400,
  malformed_json: 400,
  malformed_id: 400,
  malformed_frame: 400,
  malformed_notebook: 400,
  path_refused: 400,
  unknown_kernelspec: 400,
  unauthenticated: 401,
  token_expired: 401,
  forbidden: 403,
  spend_cap_reached: 402,
  cross_origin: 403,
  scope_insufficient: 403,
  region_refused: 403,
  sign_in_refused: 403,
  sign_in_expired: 400,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  already_exists: 409,
  not_empty: 400,
  idempotency_key_reused: 409,
  idempotency_in_progress: 409,
  stale_epoch: 409,
  invalid_transition: 409,
  gone: 410,
  too_large: 413,
  range_refused: 416,
  job_refused: 422,
  unsupported_media_type: 415,
  misdirected: 421,
  quota_exceeded: 429,
  rate_limited: 429,
  out_of_memory: 507,
  volume_full: 507,
  internal: 500,
  not_implemented: 501,
  not_configured: 501,
  cell_unreachable: 503,
  scheduler_unreachable: 503,
  host_unreachable: 503,
  certificate_refused: 503,
  provider_unavailable: 503,
  capacity_exhausted: 503,
  sandbox_unavailable: 503,
  snapshot_incompatible: 503,
  store_unavailable: 503,
  quota_unavailable: 503,
  secrets_unavailable: 503,
  standing_changed: 503,
  resume_timeout: 503,
  command_timeout: 504,
  shutting_down: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof httpStatusByCode;

export interface ErrorDetails {
  /** What was being done, as a phrase: `claiming a sandbox for workspace ws-…`. */
  doing: string;
  /** What went wrong, one sentence a user can read. */
  problem: string;
  /** What the caller can do about it. */
  next?: string;
  /** The ids involved, as fields and never only in the text. */
  ids?: Record<string, string | number>;
  /** When a retry may succeed, for the Retry-After header. */
  retryAfterMs?: number;
  cause?: unknown;
}

export class CellbookError extends Error {
  readonly code: ErrorCode;
  readonly doing: string;
  readonly problem: string;
  readonly next: string | undefined;
  readonly ids: Record<string, string | number>;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(`${details.doing}: ${details.problem}`, { cause: details.cause });
    this.name = 'CellbookError';
    this.code = code;
    this.doing = details.doing;
    this.problem = details.problem;
    this.next = details.next;
    this.ids = details.ids ?? {};
    this.retryAfterMs = details.retryAfterMs;
  }

  get status(): number {
    return httpStatusByCode[this.code];
  }
}

/** The body of every refused request, on every hop. `message` and `reason` are what Jupyter clients read. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  reason: string | null;
  next?: string;
  ids?: Record<string, string | number>;
  requestId?: string;
}

export function errorBody(error: CellbookError, requestId?: string): ErrorBody {
  return {
    code: error.code,
    message: error.message,
    reason: error.problem,
    ...(error.next === undefined ? {} : { next: error.next }),
    ...(Object.keys(error.ids).length === 0 ? {} : { ids: error.ids }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** The typed error itself, or `internal` around anything else: a bug never shows its text to a user. */
export function toCellbookError(thrown: unknown, doing: string): CellbookError {
  if (thrown instanceof CellbookError) return thrown;
  return new CellbookError('internal', {
    doing,
    problem: 'something failed on our side',
    next: 'Try again; if it fails again, give the request id to your operator.',
    cause: thrown,
  });
}
