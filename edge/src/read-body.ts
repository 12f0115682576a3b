/** Reads the small bodies the edge itself understands, never more than `limits.edge.formBytesMax` unless told. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { z } from 'zod';

export async function readForm<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  doing: string,
): Promise<z.infer<Schema>> {
  return parse(schema, Object.fromEntries(new URLSearchParams(await readText(request, doing))), doing);
}

export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  doing: string,
): Promise<z.infer<Schema>> {
  const text = await readText(request, doing);
  try {
    return parse(schema, JSON.parse(text), doing);
  } catch (cause) {
    if (cause instanceof CellbookError) throw cause;
    throw new CellbookError('malformed_json', {
      doing,
      problem: 'the body is not JSON',
      next: 'Send a JSON object.',
      cause,
    });
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, doing: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.');
  throw new CellbookError('bad_request', {
    doing,
    problem: `${where ? `${where}: ` : ''}${issue?.message ?? 'it is not what was expected'}`,
    next: 'Correct it and send it again.',
  });
}

/** Of a request, or of what was answered to one of ours. */
export async function readText(
  request: Request | Response,
  doing: string,
  bytesMax: number = limits.edge.formBytesMax,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new CellbookError('too_large', {
        doing,
        problem: `more than ${bytesMax} bytes`,
        next: 'Send less.',
      });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
