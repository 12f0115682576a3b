/**
 * What lies in a home must be what is to be started over it. A home with one Postgres for the whole platform
 * (as homes were before cells had servers of their own), or one with a cell that nobody names any more, is
 * refused: started as it is, the people who live there would find nothing, and nothing would say so.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Home } from './home.ts';
import { type CellPlace, formatTopology } from './topology.ts';

export function assertHomeFits(home: Home, cells: readonly CellPlace[]): void {
  if (existsSync(join(home.directory, 'pg'))) throw earlierLayout(home);
  const named = new Set<string>(cells.map((cell) => cell.cellId));
  const unnamed = cellsIn(home).filter((cellId) => !named.has(cellId));
  if (unnamed.length > 0) throw cellsMissing(home, cells, unnamed);
}

/** Cells that have a database here. */
function cellsIn(home: Home): string[] {
  if (!existsSync(home.cells)) return [];
  return readdirSync(home.cells).filter((cellId) => existsSync(home.cell(cellId).postgres));
}

const doing = (home: Home) => `opening the home ${home.directory}`;

const earlierLayout = (home: Home): CellbookError =>
  new CellbookError('conflict', {
    doing: doing(home),
    problem: 'it was written when a platform had one cell, with one Postgres in `pg/`',
    next: `Nothing was changed. Keep it for the version that wrote it and start on another (CELLBOOK_HOME=…), or move it away: mv ${home.directory} ${home.directory}.before`,
  });

const cellsMissing = (home: Home, cells: readonly CellPlace[], unnamed: string[]): CellbookError =>
  new CellbookError('conflict', {
    doing: doing(home),
    problem: `it holds the cells ${unnamed.join(', ')}, and CELLBOOK_CELLS names only ${formatTopology(cells)}: whoever lives there would find nothing`,
    next: 'Name them too, start on another home (CELLBOOK_HOME=…), or, if all of theirs may be lost, remove their directories under cells/.',
  });
