/**
 * A layout as JupyterLab sends and reads it: `{data, metadata: {id}}`, where the id repeats the name in the
 * address, with or without a slash before it. A name never saved reads as an empty layout, not as an error.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { StoredText } from './lab-store.ts';

const layoutSchema = z.looseObject({
  data: z.record(z.string(), z.unknown()),
  metadata: z.looseObject({ id: z.string() }),
});
export type Layout = z.infer<typeof layoutSchema>;

export function layoutAnswer(name: string, stored: StoredText | null): Layout {
  if (!stored) return { data: {}, metadata: { id: withSlash(name) } };
  const layout = layoutSchema.parse(JSON.parse(stored.text));
  const created = new Date(stored.createdAtMs).toISOString();
  const last_modified = new Date(stored.modifiedAtMs).toISOString();
  return { ...layout, metadata: { ...layout.metadata, created, last_modified } };
}

/** The text of a layout to keep, checked to be one and to be of this name. */
export function layoutToSave(name: string, body: unknown): string {
  const doing = `saving the layout ${name}`;
  const parsed = layoutSchema.safeParse(body);
  if (!parsed.success) {
    const problem = 'the body is not of the form {"data": {…}, "metadata": {"id": "…"}}';
    throw new CellbookError('bad_request', {
      doing,
      problem,
      next: 'Send the layout as JupyterLab writes it.',
    });
  }
  const { id } = parsed.data.metadata;
  if (withSlash(decoded(id)) !== withSlash(name)) {
    const problem = `its metadata names another layout, ${id}`;
    throw new CellbookError('bad_request', { doing, problem, next: `Set metadata.id to ${name}.` });
  }
  const text = JSON.stringify(body);
  if (Buffer.byteLength(text) > limits.lab.layoutBytesMax) {
    const problem = `the layout is longer than ${limits.lab.layoutBytesMax} bytes`;
    throw new CellbookError('too_large', { doing, problem, next: 'Close some tabs.' });
  }
  return text;
}

const withSlash = (name: string) => (name.startsWith('/') ? name : `/${name}`);

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
