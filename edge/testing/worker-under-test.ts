/** Both Workers in one, so that a test can reach into the Durable Objects. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { attach } from '../src/parking/attach.ts';
import worker from '../src/worker.ts';
import { edgeUnderTest } from './edge-under-test.ts';

export { Counts } from '../sockets/counts.ts';
export { OneTimeCodes } from '../sockets/one-time-codes.ts';
export { SocketShard } from '../sockets/socket-shard.ts';

/** As worker.ts has it, for the edge that the test has made. */
export class Attach extends WorkerEntrypoint {
  override fetch(request: Request): Promise<Response> {
    return attach(edgeUnderTest(), request, (work) => this.ctx.waitUntil(work));
  }
}

// The runtime looks for the default export.
export default worker;
