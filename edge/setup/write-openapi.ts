/**
 * Writes edge/openapi.json, the description of the routes that the edge itself answers, from the schemas they
 * check with: `node edge/setup/write-openapi.ts && biome format --write edge/openapi.json`. The cell's routes are in the cell's own document.
 */
import { writeFile } from 'node:fs/promises';

// Not by name: the edge's code is checked against the types of its own runtime, and these files against Node's.
const source = new URL('../src/openapi/text.ts', import.meta.url);
const { openApiText } = (await import(source.href)) as { openApiText(): string };
await writeFile(new URL('../openapi.json', import.meta.url), openApiText());
