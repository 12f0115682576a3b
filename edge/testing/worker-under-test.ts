/** Both Workers in one, so that a test can reach into the Durable Objects. */
import worker from '../src/worker.ts';

export { Counts } from '../sockets/counts.ts';
export { OneTimeCodes } from '../sockets/one-time-codes.ts';

// The runtime looks for the default export.
export default worker;
