/** The sockets Worker: home of the Durable Objects. It serves no request of its own. */
export { Counts } from './counts.ts';
export { OneTimeCodes } from './one-time-codes.ts';
export { SocketShard } from './socket-shard.ts';

const nobody = (): Response => new Response('This Worker answers no requests.\n', { status: 404 });
// The runtime looks for the default export.
export default { fetch: nobody };
