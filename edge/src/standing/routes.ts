/**
 * `POST /cells/standing`: a cell asks whose rights have ended since it asked last. It is read from the directory
 * itself: this is what bounds how long anything stays open without its right (limits.standing).
 */
import { limits } from '@cellbook/shared/limits.ts';
import {
  standingAskSchema,
  standingAskType,
  standingToldType,
} from '@cellbook/shared/protocol/standing-api.ts';
import type { Ask } from '../ask.ts';
import type { OpenRoute } from '../edge-route.ts';
import { answerCell, statementFrom } from '../statements/cell-statements.ts';

const askKind = {
  typ: standingAskType,
  schema: standingAskSchema,
  bytesMax: limits.statements.askBytesMax,
};

export const standingRoutes: readonly OpenRoute[] = [
  {
    ...{ method: 'POST', path: '/cells/standing', open: 'the body is signed by a cell that the pins name' },
    // Three times a minute and cell, and nobody's deed.
    recordsItself: true,
    answer: ({ ask }) => answerAsk(ask),
  },
];

async function answerAsk(ask: Ask): Promise<Response> {
  const { cell, said } = await statementFrom(ask, askKind);
  return answerCell(ask, cell, standingToldType, await ask.edge.standingLog.after(said.after));
}
