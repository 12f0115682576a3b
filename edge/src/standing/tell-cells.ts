/**
 * Tells the cells of a right that has just ended or changed, behind the request that did it, so that what is open
 * with it ends within a second or two. Only ever a help: a cell that is not told asks (routes.ts). This isolate reads
 * its own snapshots anew first, so that who is sent back and comes by here is let in with what holds now.
 */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { allCells, type Cell } from '@cellbook/shared/pins/pins.ts';
import { standingToldType, type Told } from '@cellbook/shared/protocol/standing-api.ts';
import { statementMediaType } from '@cellbook/shared/protocol/statements.ts';
import type { Ask } from '../ask.ts';
import { log } from '../log.ts';
import { signedFor } from '../statements/cell-statements.ts';
import { reread } from './reread.ts';

/** What this isolate told last, so that a write that ends nothing costs one read and no message. */
export interface ToldLast {
  upTo: number;
}

/** After a write of the edge's own: whichever it was, the log of the directory says what has ended. */
export function tellBehind(ask: Ask): void {
  ask.defer(
    tellNews(ask).catch((cause: unknown) => {
      log('warn', 'the cells could not be told whose rights have ended: they ask', { cause });
    }),
  );
}

async function tellNews(ask: Ask): Promise<void> {
  const { edge, defer } = ask;
  const told = await edge.standingLog.newest();
  if (told.upTo <= edge.toldLast.upTo) return;
  edge.toldLast.upTo = told.upTo;
  await reread(edge, defer);
  const cells = allCells(await edge.pins.get(defer)).slice(0, limits.standing.tellCellsMax);
  await Promise.all(cells.map((cell) => tell(ask, cell, told)));
}

async function tell(ask: Ask, cell: Cell, told: Told): Promise<void> {
  const ids = { cell: cell.id };
  const details = { code: 'cell_unreachable', doing: 'telling a cell of ended rights', ids } as const;
  try {
    const body = await signedFor(ask, cell, standingToldType, told);
    const answer = await withDeadline(ask.edge.clock, limits.standing.tellMsMax, details, (signal) =>
      fetch(new URL('/standing', cell.url), {
        ...{ method: 'PUT', body, signal },
        headers: { 'content-type': statementMediaType },
      }),
    );
    await answer.body?.cancel();
    if (!answer.ok) log('warn', `a cell did not take word of ended rights: status ${answer.status}`, { ids });
  } catch (cause) {
    log('warn', 'a cell could not be told of ended rights: it asks', { ids, cause });
  }
}
