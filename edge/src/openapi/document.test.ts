import { expect, test } from 'vitest';
import checkedIn from '../../openapi.json?raw';
import { createWorld, main } from '../../testing/world.ts';
import { apiRoutes } from '../routes.ts';
import { openApi } from './document.ts';

test('edge/openapi.json is what the routes say today (node edge/setup/write-openapi.ts writes it)', () => {
  expect(JSON.parse(checkedIn)).toEqual(JSON.parse(JSON.stringify(openApi(apiRoutes))));
});

test('every guarded route is in the document, under a name of its own', () => {
  const ids = Object.values(openApi(apiRoutes).paths).flatMap((methods) =>
    Object.values(methods).map((operation) => (operation as { operationId: string }).operationId),
  );
  expect(ids).toHaveLength(apiRoutes.filter(({ open }) => open === undefined).length);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the edge serves it to anybody', async () => {
  const world = await createWorld();
  expect(await (await world.fetch(`${main}/v1/edge-openapi.json`)).json()).toEqual(JSON.parse(checkedIn));
});
