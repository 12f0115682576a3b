/** `POST /cells/departures`: a cell asks who has left an organisation since it asked last, and who is back. */
import { limits } from '@cellbook/shared/limits.ts';
import {
  departuresAskSchema,
  departuresAskType,
  departuresToldType,
} from '@cellbook/shared/protocol/departures-api.ts';
import type { Ask } from '../ask.ts';
import type { OpenRoute } from '../edge-route.ts';
import { answerCell, statementFrom } from '../statements/cell-statements.ts';

const askKind = {
  typ: departuresAskType,
  schema: departuresAskSchema,
  bytesMax: limits.statements.askBytesMax,
};

export const departureRoutes: readonly OpenRoute[] = [
  {
    ...{ method: 'POST', path: '/cells/departures', open: 'the body is signed by a cell that the pins name' },
    // Nobody's deed: whoever removed them is on record.
    recordsItself: true,
    answer: ({ ask }) => answerAsk(ask),
  },
];

async function answerAsk(ask: Ask): Promise<Response> {
  const { cell, said } = await statementFrom(ask, askKind);
  const { departures } = ask.edge;
  const told = await departures.after(said.after);
  const mayLiveHere = await departures.mayLiveIn(cell.region, said.waiting);
  return answerCell(ask, cell, departuresToldType, { ...told, mayLiveHere });
}
