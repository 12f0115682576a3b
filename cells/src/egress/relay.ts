/** Two sockets joined, each as slow as the other reads, every byte counted; the end of one way ends that way alone. */
import type { Duplex } from 'node:stream';
import type { EgressResult } from '@cellbook/shared/protocol/egress-api.ts';
import type { EgressUse } from './egress-log.ts';

export interface Counted {
  spend(direction: keyof EgressUse, bytes: number): boolean;
}

/** Resolves when both are closed. */
export async function relay(client: Duplex, upstream: Duplex, passage: Counted): Promise<EgressResult> {
  let result: EgressResult = 'ok';
  const cut = (why: EgressResult) => {
    if (result === 'ok') result = why;
    client.destroy();
    upstream.destroy();
  };
  const flow = (from: Duplex, to: Duplex, direction: keyof EgressUse) => {
    from.on('data', (chunk: Buffer) => {
      if (!passage.spend(direction, chunk.length)) return cut('over_quota');
      if (to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.once('end', () => to.end());
    from.once('error', () => cut('broken'));
    from.once('timeout', () => cut('broken'));
  };
  const closed = [client, upstream].map((socket) => {
    const done = new Promise<void>((resolve) => socket.once('close', resolve));
    return done.then(() => {
      // A half that is gone takes the other along: what it would still say nobody hears.
      const other = socket === client ? upstream : client;
      if (!socket.readableEnded) cut('broken');
      if (!other.destroyed) other.end();
    });
  });
  flow(client, upstream, 'bytesUp');
  flow(upstream, client, 'bytesDown');
  // The one whose hello was read stands still since then.
  client.resume();
  await Promise.all(closed);
  return result;
}
