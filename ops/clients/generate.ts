/**
 * `npm run clients`: writes the merged description and the TypeScript client's types from the descriptions
 * that edge and cell keep beside their routes (each has a test that keeps it current). `-- --check` writes
 * nothing and fails where a file is behind; `npm test` does that. The Python client is made from the merged
 * description by `npm run clients -- --python`.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { z } from 'zod';
import { mergeDescriptions } from './merge.ts';

const checkout = join(import.meta.dirname, '..', '..');
const here = (name: string) => join(import.meta.dirname, name);
const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

export async function generated(): Promise<Map<string, string>> {
  const cell = await readJson(join(checkout, 'cells/openapi.json'));
  const edge = await readJson(join(checkout, 'edge/openapi.json'));
  const document = mergeDescriptions(cell, edge);
  const types = astToString(await openapiTypescript(JSON.stringify(document)));
  return new Map([
    [here('openapi.json'), `${JSON.stringify(document, null, 1)}\n`],
    [here('typescript/schema.d.ts'), COMMENT_HEADER + types],
  ]);
}

/** The files that differ from what is generated now. */
export async function stale(files: Map<string, string>): Promise<string[]> {
  const behind: string[] = [];
  for (const [path, text] of files)
    if (!existsSync(path) || (await readFile(path, 'utf8')) !== text) behind.push(path);
  return behind;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const { check } = z.object({ check: z.boolean() }).parse(values);
  const files = await generated();
  const behind = await stale(files);
  if (!check) for (const path of behind) await writeFile(path, files.get(path) ?? '');
  for (const path of behind) console.log(`${check ? 'is behind its description' : 'wrote'}: ${path}`);
  process.exitCode = check && behind.length > 0 ? 1 : 0;
}
