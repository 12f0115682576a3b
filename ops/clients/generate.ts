/**
 * `npm run clients`: writes the merged description and the TypeScript client's types from the descriptions
 * that edge and cell keep beside their routes (each has a test that keeps it current), and with `-- --python` the
 * Python client, too. `-- --check` writes nothing and fails where a file is behind.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { cacheDirectory } from '../up/home.ts';
import { mergeDescriptions } from './merge.ts';
import { generatePython, leftOver } from './python.ts';

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

async function main(): Promise<void> {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { check: flag, python: flag } });
  const { check, python } = values;
  await settle(await generated(), [], check);
  if (!python) return;
  const files = await generatePython(cacheDirectory(process.env));
  await settle(files, await leftOver(files), check);
}

/** Writes what is behind and removes what is left over; with `check` only says so, and fails. */
async function settle(files: Map<string, string>, unwanted: string[], check: boolean): Promise<void> {
  const behind = await stale(files);
  for (const path of behind) {
    if (!check) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, files.get(path) ?? '');
    }
    console.log(`${check ? 'is behind its description' : 'wrote'}: ${path}`);
  }
  for (const path of unwanted) {
    if (!check) await rm(path);
    console.log(`${check ? 'is in no description any more' : 'removed'}: ${path}`);
  }
  if (check && behind.length + unwanted.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main();
