/** The clients that are kept are what the descriptions give now. */
import { relative } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { cacheDirectory } from '../up/home.ts';
import { generated, stale } from './generate.ts';
import { mergeDescriptions } from './merge.ts';
import { ensureGenerator, generatePython, leftOver } from './python.ts';

const cache = cacheDirectory(process.env);
/** The first time on a machine it installs the generator. */
beforeAll(() => ensureGenerator(cache), 600_000);

const names = (paths: string[]) => paths.map((path) => relative(import.meta.dirname, path));

it('the TypeScript client and the merged description are not behind (`npm run clients`)', async () => {
  expect(names(await stale(await generated()))).toEqual([]);
});

it('the Python client is not behind, and has nothing left over (`npm run clients -- --python`)', async () => {
  const files = await generatePython(cache);
  expect(files.size).toBeGreaterThan(100);
  expect(names([...(await stale(files)), ...(await leftOver(files))])).toEqual([]);
});

const described = (schema: object) => ({
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  paths: { '/v1/x': { get: { responses: { 200: { content: { 'application/json': { schema } } } } } } },
});
const none = { ...described({}), paths: {} };

it('a schema with a title is named once, wherever it is used, with its default where it is used', () => {
  const color = { title: 'Color', enum: ['red'] };
  const schema = { type: 'object', properties: { title: color, other: { ...color, default: 'red' } } };
  const merged = mergeDescriptions(described(schema), none);
  expect(merged.components).toMatchObject({ schemas: { Color: { enum: ['red'] } } });
  const ref = { $ref: '#/components/schemas/Color' };
  expect(merged.paths['/v1/x']?.get).toMatchObject({
    responses: {
      200: {
        content: {
          'application/json': { schema: { properties: { title: ref, other: { ...ref, default: 'red' } } } },
        },
      },
      default: { description: 'Refused' },
    },
  });
});

it('two schemas that differ and have one title are refused', () => {
  const schema = {
    anyOf: [
      { title: 'Color', enum: ['red'] },
      { title: 'Color', enum: ['blue'] },
    ],
  };
  expect(() => mergeDescriptions(described(schema), none)).toThrow('titled Color');
});
