/** Waits for the ClientHello of a tunnel and takes nothing: what was read is put back. */
import type { Duplex } from 'node:stream';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { readClientHello } from './client-hello.ts';
import { Refusal } from './refusal.ts';
import { canonical } from './rules.ts';

/** Throws a Refusal unless the client begins TLS with `host`. */
export async function requireServerName(client: Duplex, host: string, clock: Clock): Promise<void> {
  const details = { code: 'command_timeout', doing: 'waiting for a ClientHello' } as const;
  const read = (signal: AbortSignal) => readServerName(client, signal);
  const name = await withDeadline(clock, limits.egress.helloMsMax, details, read).catch((error) => {
    throw error instanceof Refusal ? error : new Refusal('name_refused', 'no TLS was begun in time');
  });
  if (name === null || canonical(name) !== host)
    throw new Refusal('name_refused', `TLS asks for ${name ?? 'no name'}, and not for ${host}`);
}

function readServerName(client: Duplex, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const stop = (settle: () => void) => {
      client.off('data', take).off('end', fail).off('close', fail);
      signal.removeEventListener('abort', fail);
      client.pause();
      if (read.length > 0 && !client.destroyed) client.unshift(read);
      settle();
    };
    const fail = () => stop(() => reject(new Refusal('broken', 'the connection was closed')));
    const take = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const hello = readClientHello(read);
      if (hello.is === 'hello') stop(() => resolve(hello.serverName));
      if (hello.is === 'not-tls') stop(() => reject(new Refusal('name_refused', 'only TLS passes here')));
    };
    client.on('data', take).once('end', fail).once('close', fail);
    signal.addEventListener('abort', fail, { once: true });
  });
}
