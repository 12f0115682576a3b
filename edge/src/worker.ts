/** The router: who is asking, which cell is theirs, forward. All of it is in handle.ts and below. */
import type { Bindings } from './config.ts';
import { edgeOf } from './edge.ts';
import { handle } from './handle.ts';

// The runtime looks for the default export.
export default {
  fetch(request, bindings, context) {
    return handle(edgeOf(bindings), request, (work) => context.waitUntil(work));
  },
  async scheduled(_controller, bindings) {
    await edgeOf(bindings).upkeep.turn();
  },
} satisfies ExportedHandler<Bindings>;
