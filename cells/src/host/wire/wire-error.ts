/** A refusal on its way from a daemon to a controller: the typed error, whole, so that nothing is guessed from a status. */
import { CellbookError, type ErrorCode, httpStatusByCode } from '@cellbook/shared/errors.ts';
import { z } from 'zod';

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(httpStatusByCode, code);

export const wireErrorSchema = z.object({
  code: z.string().refine(isErrorCode),
  doing: z.string(),
  problem: z.string(),
  next: z.string().optional(),
  ids: z.record(z.string(), z.union([z.string(), z.number()])),
  retryAfterMs: z.number().optional(),
});
export type WireError = z.infer<typeof wireErrorSchema>;

export function toWire({ code, doing, problem, next, ids, retryAfterMs }: CellbookError): WireError {
  return { code, doing, problem, next, ids, retryAfterMs };
}

export function fromWire({ next, retryAfterMs, ...error }: WireError): CellbookError {
  return new CellbookError(error.code, {
    ...error,
    ...(next === undefined ? {} : { next }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
