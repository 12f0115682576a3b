/** The router: who is asking, which cell is theirs, forward. All of it is in handle.ts and below. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Bindings } from './config.ts';
import { edgeOf } from './edge.ts';
import { handle } from './handle.ts';
import { attach } from './parking/attach.ts';

/** The way in for the objects that hold sockets; nobody else is bound to it. */
export class Attach extends WorkerEntrypoint<Bindings> {
  override fetch(request: Request): Promise<Response> {
    return attach(edgeOf(this.env), request, (work) => this.ctx.waitUntil(work));
  }
}

// The runtime looks for the default export.
export default {
  fetch(request, bindings, context) {
    return handle(edgeOf(bindings), request, (work) => context.waitUntil(work));
  },
  async scheduled(_controller, bindings) {
    await edgeOf(bindings).upkeep.turn();
  },
} satisfies ExportedHandler<Bindings>;
