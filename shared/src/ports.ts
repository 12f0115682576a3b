/** Ports of 127.0.0.1 for programs that are started on this machine. */
import { createServer } from 'node:net';
import { type Random, systemRandom } from './random.ts';

/**
 * Below those that Linux gives to outgoing connections (32768 to 60999 unless set otherwise): such a
 * connection may take a port between its choice and the program's start, or while the program starts anew.
 */
const firstPort = 20_000;
const portCount = 10_000;
const triesMax = 200;

/** A port that nobody listens on now; drawn, so that programs that choose at the same time differ. */
export async function freePort(random: Random = systemRandom): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = firstPort + random.int(portCount);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`none of ${triesMax} ports between ${firstPort} and ${firstPort + portCount - 1} is free`);
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
