import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { isObject, parseJson } from './json.ts';

const optionalText = z.string().nullish();

/** What a client may send; the rest of a model (it often sends all of one back) is ignored. */
export const modelBodySchema = z.object({
  type: optionalText,
  format: optionalText,
  path: optionalText,
  copy_from: optionalText,
  ext: optionalText,
  content: z.unknown().optional(),
  chunk: z.union([z.literal(-1), z.int().positive()]).nullish(),
});
export type ModelBody = z.infer<typeof modelBodySchema>;

/** The model in a body, or null for an empty one (also `{}`), which asks for something untitled. */
export function parseModelBody(body: unknown): ModelBody | null {
  if (!Buffer.isBuffer(body) || body.length === 0) return null;
  const parsed = parseText(body);
  if (parsed === null) return null;
  if (!isObject(parsed)) throw invalid('bad_request', 'the body is not a JSON object');
  if (Object.keys(parsed).length === 0) return null;
  const model = modelBodySchema.safeParse(parsed);
  if (model.success) return model.data;
  throw invalid('bad_request', z.prettifyError(model.error));
}

function parseText(body: Buffer): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw invalid('malformed_json', 'Invalid JSON in body of request', cause);
  }
}

const invalid = (code: 'bad_request' | 'malformed_json', problem: string, cause?: unknown) =>
  new CellbookError(code, { doing: 'reading the request', problem, cause });
