import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';

/** The options of a command, or an error that says what to give. */
export function usage<Options>(
  schema: z.ZodType<Options>,
  read: () => unknown,
  wanted: { doing: string; next: string },
): Options {
  try {
    return schema.parse(read());
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new CellbookError('bad_request', { ...wanted, problem, cause });
  }
}
