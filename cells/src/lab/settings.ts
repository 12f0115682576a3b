/** One plugin's settings as JupyterLab reads them: its schema, and what the user wrote. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import JSON5 from 'json5';
import { z } from 'zod';
import type { PluginSchema } from './lab-data.ts';
import type { StoredText } from './lab-store.ts';

export interface SettingAnswer {
  id: string;
  schema: Record<string, unknown>;
  version: string;
  /** JSON5 as the user wrote it. */
  raw: string;
  /** The same, parsed. */
  settings: Record<string, unknown>;
  /** RFC 3339, null while the user has changed nothing. */
  created: string | null;
  last_modified: string | null;
}

export function settingAnswer(schema: PluginSchema, stored: StoredText | null): SettingAnswer {
  const raw = stored?.text ?? '{}';
  return {
    id: schema.id,
    schema: schema.schema,
    version: schema.version,
    raw,
    settings: parseJson5Object(raw),
    created: stored && new Date(stored.createdAtMs).toISOString(),
    last_modified: stored && new Date(stored.modifiedAtMs).toISOString(),
  };
}

const objectSchema = z.record(z.string(), z.unknown());

function parseJson5Object(raw: string): Record<string, unknown> {
  return objectSchema.parse(JSON5.parse<unknown>(raw));
}

const saveBodySchema = z.object({ raw: z.string() });

/** The text of `PUT …/settings/{pluginId}`'s body that is to be kept, checked to be JSON5 of an object. */
export function settingToSave(pluginId: string, body: unknown): string {
  const doing = `saving the settings of ${pluginId}`;
  const parsed = saveBodySchema.safeParse(body);
  if (!parsed.success) {
    const problem = 'the body is not of the form {"raw": "…"}';
    throw new CellbookError('bad_request', {
      doing,
      problem,
      next: 'Send the settings as JSON5 text in `raw`.',
    });
  }
  const { raw } = parsed.data;
  if (Buffer.byteLength(raw) > limits.lab.settingBytesMax) {
    const problem = `the settings are longer than ${limits.lab.settingBytesMax} bytes`;
    throw new CellbookError('too_large', { doing, problem, next: 'Shorten them.' });
  }
  assertJson5Object(raw, doing);
  return raw;
}

function assertJson5Object(raw: string, doing: string): void {
  if (raw.includes('\0')) {
    const problem = 'the settings contain a NUL character';
    throw new CellbookError('malformed_json', { doing, problem, next: 'Write it as \\u0000.' });
  }
  try {
    parseJson5Object(raw);
  } catch (cause) {
    const problem =
      cause instanceof SyntaxError
        ? `the settings are not JSON5: ${cause.message}`
        : 'the settings are not an object';
    throw new CellbookError('malformed_json', {
      doing,
      problem,
      next: 'Correct them and save again.',
      cause,
    });
  }
}
