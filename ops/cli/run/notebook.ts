/** A notebook as far as running it needs to know; everything else is kept as it is. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';

const source = z
  .union([z.string(), z.array(z.string())])
  .transform((text) => (typeof text === 'string' ? text : text.join('')));

const cellSchema = z.looseObject({
  cell_type: z.string(),
  id: z.string().optional(),
  source,
  metadata: z.looseObject({ tags: z.array(z.string()).optional() }).default({}),
});
export type Cell = z.infer<typeof cellSchema>;

const notebookSchema = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.int().nonnegative(),
  metadata: z.looseObject({
    kernelspec: z.looseObject({ name: z.string(), language: z.string().optional() }).optional(),
    language_info: z.looseObject({ name: z.string() }).optional(),
  }),
  cells: z.array(cellSchema),
});
export type Notebook = z.infer<typeof notebookSchema>;

export function parseNotebook(content: unknown, path: string): Notebook {
  const parsed = notebookSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new CellbookError('malformed_notebook', {
    doing: `reading ${path}`,
    problem: 'it is not a notebook in nbformat 4',
    next: 'Open and save it in JupyterLab once, which brings it up to date.',
    cause: parsed.error,
  });
}
