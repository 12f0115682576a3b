/**
 * The router: which host was asked, by whom, and so which cell answers. Three hosts, a file each: the main
 * host (console, API, token clients), a workspace's own origin (its lab), and any other name.
 */
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { type Ask, askOf } from './ask.ts';
import type { Bindings } from './config.ts';
import { edgeOf } from './edge.ts';
import { answerMain } from './hosts/main.ts';
import { answerOther } from './hosts/other.ts';
import { answerWorkspace } from './hosts/workspace.ts';
import { finish } from './responses/finish.ts';
import { refuse } from './responses/refuse.ts';

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
    return refuse(ask, toCellbookError(thrown, `${ask.request.method} ${ask.url.pathname}`));
  }
}

// The runtime looks for the default export.
export default {
  async fetch(request, bindings, context) {
    const ask = askOf(edgeOf(bindings), request, (work) => context.waitUntil(work));
    return finish(ask, await answer(ask));
  },
} satisfies ExportedHandler<Bindings>;
