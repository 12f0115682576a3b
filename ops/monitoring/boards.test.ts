import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allBoards, boardFiles, expressionsOf } from './all-boards.ts';
import { gpuRecordings, recordings } from './all-rules.ts';
import { promtool } from './promtool.ts';

const directory = join(import.meta.dirname, 'dashboards');

it('the committed dashboards are those of the tables', () => {
  const files = boardFiles();
  for (const [name, board] of Object.entries(files))
    expect(JSON.parse(readFileSync(join(directory, name), 'utf8')), `run write.ts: ${name}`).toEqual(
      JSON.parse(JSON.stringify(board)),
    );
  expect(readdirSync(directory).sort()).toEqual(Object.keys(files).sort());
});

it('Prometheus understands every expression of theirs', async () => {
  const rules = allBoards
    .flatMap(expressionsOf)
    .map((expr, index) => ({ record: `tried:expression_${index}`, expr }));
  const text = JSON.stringify({ groups: [{ name: 'tried', rules }] });
  const { ok, output } = await promtool({ 'boards.yml': text }, 'check', 'rules', 'boards.yml');
  expect(ok, output).toBe(true);
});

it('what they take as recorded is recorded', () => {
  const recorded = new Set([...recordings, ...gpuRecordings].map(({ record }) => record));
  const named = allBoards.flatMap(expressionsOf).flatMap((expr) => expr.match(/\bcellbook:\w+:\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !recorded.has(name))).toEqual([]);
});

/** A panel without a place would be found to lie on its neighbour. */
const nowhere = { x: 0, y: 0, w: 1, h: 1 };

it('no two panels of a dashboard lie on each other', () => {
  for (const { panels } of Object.values(boardFiles())) {
    const places = panels.flatMap(({ gridPos: { x, y, w, h } = nowhere }) =>
      Array.from({ length: h }, (_, down) =>
        Array.from({ length: w }, (_, right) => `${x + right},${y + down}`),
      ),
    );
    const all = places.flat();
    expect(new Set(all).size).toBe(all.length);
  }
});
