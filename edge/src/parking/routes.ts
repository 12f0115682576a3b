/** `POST /cells/wake`: a cell has something for sockets that it has parked, or asks whether they are still there. */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { wakeSchema, wakeType, wokenType } from '@cellbook/shared/protocol/parking-api.ts';
import type { Ask } from '../ask.ts';
import type { OpenRoute } from '../edge-route.ts';
import { answerCell, statementFrom } from '../statements/cell-statements.ts';

const wakeKind = { typ: wakeType, schema: wakeSchema, bytesMax: limits.parking.wakeBytesMax };

export const parkingRoutes: readonly OpenRoute[] = [
  {
    ...{ method: 'POST', path: '/cells/wake', open: 'the body is signed by a cell that the pins name' },
    // What comes of it is the user's own, and was recorded when he opened it.
    recordsItself: true,
    answer: ({ ask }) => answerWake(ask),
  },
];

async function answerWake(ask: Ask): Promise<Response> {
  const { cell, said } = await statementFrom(ask, wakeKind);
  const details = { code: 'store_unavailable', doing: 'waking sockets', ids: { cell: cell.id } } as const;
  const gone = await withDeadline(ask.edge.clock, limits.parking.wakeMsMax, details, () =>
    ask.edge.shards(said.shard).wake(cell.id, said.orders),
  );
  return answerCell(ask, cell, wokenType, { gone });
}
