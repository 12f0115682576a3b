import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Home, openHome } from './home.ts';
import { assertHomeFits } from './home-layout.ts';
import { topologySchema } from './topology.ts';

let home: Home;
beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'cellbook-home-')));
});
afterEach(() => rmSync(home.directory, { recursive: true }));

const cells = topologySchema.parse('eu=eu-1,eu-2');
const withCell = (cellId: string) => mkdirSync(home.cell(cellId).postgres, { recursive: true });

it('a new home fits, and so does one with the same cells or fewer', () => {
  expect(() => assertHomeFits(home, cells)).not.toThrow();
  withCell('eu-1');
  expect(() => assertHomeFits(home, cells)).not.toThrow();
});

it('a home with a cell that is not named is refused by the cell’s name', () => {
  for (const cellId of ['eu-1', 'us-1']) withCell(cellId);
  expect(() => assertHomeFits(home, cells)).toThrow(
    /holds the cells us-1, and CELLBOOK_CELLS names only eu=eu-1,eu-2/,
  );
});

it('a home of the earlier layout is refused and stays as it is', () => {
  mkdirSync(join(home.directory, 'pg'));
  writeFileSync(join(home.directory, 'pg', 'PG_VERSION'), '18');
  expect(() => assertHomeFits(home, cells)).toThrow(CellbookError);
  expect(existsSync(join(home.directory, 'pg', 'PG_VERSION'))).toBe(true);
});
