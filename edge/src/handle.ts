/** One request, from its host to its answer. Three hosts, a file each; what they throw becomes an answer here. */
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { type Ask, askOf } from './ask.ts';
import { isRefused, recordRefusal } from './audit/record-audit.ts';
import type { Defer } from './directory/snapshot.ts';
import type { Edge } from './edge.ts';
import { answerMain } from './hosts/main.ts';
import { answerOther } from './hosts/other.ts';
import { answerWorkspace } from './hosts/workspace.ts';
import { finish } from './responses/finish.ts';
import { refuse } from './responses/refuse.ts';

export async function handle(edge: Edge, request: Request, defer: Defer): Promise<Response> {
  const ask = askOf(edge, request, defer);
  edge.upkeep.behind(defer);
  return finish(ask, await answer(ask));
}

async function answer(ask: Ask): Promise<Response> {
  try {
    switch (ask.place.host) {
      case 'main':
        return await answerMain(ask);
      case 'workspace':
        return await answerWorkspace(ask, ask.place.workspaceId);
      case 'other':
        return await answerOther(ask);
    }
  } catch (thrown) {
    const error = toCellbookError(thrown, `${ask.request.method} ${ask.url.pathname}`);
    if (error.status === 401 || error.status === 403 || isRefused(ask)) recordRefusal(ask, error);
    return refuse(ask, error);
  }
}
