import { layoutDocument, overridden, signPins, withCells } from '@cellbook/shared/pins/build.ts';
import { allCells, type Layout, type Pins } from '@cellbook/shared/pins/pins.ts';
import type { JWK } from 'jose';
import type { Remote } from './remote.ts';

/** A cell names so many at a time; a hundred rounds are five cells' worth of users. */
const roundsMax = 100;

/**
 * The layout with everybody who lives somewhere pinned to where he lives: a table alone moves nobody. Cells that
 * do not answer keep whom they have by what the layout says already.
 */
export async function keepResidents(
  remote: Remote,
  key: JWK,
  current: Pins,
  wanted: Layout,
): Promise<{ layout: Layout; kept: number }> {
  let layout = wanted;
  let kept = 0;
  for (let round = 0; round < roundsMax; round++) {
    const jws = await signPins({ epoch: current.epoch + 1, ...layoutDocument(layout) }, key);
    let found = 0;
    for (const cell of allCells(current)) {
      const preview = await remote.preview(cell, jws);
      const users = preview.ok ? preview.value.users.map(({ userId }) => userId) : [];
      if (users.length === 0) continue;
      const known = layout.cells.some(({ id }) => id === cell.id);
      layout = overridden(known ? layout : withCells(layout, [cell]), users, cell.id);
      found += users.length;
    }
    kept += found;
    if (found === 0) return { layout, kept };
  }
  throw new Error('residents keep coming: is another publisher at work?');
}
