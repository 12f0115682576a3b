/** Who may command this host: this cell's controller, by its certificate (where the wire is TLS) and by the cell's key. */
import type { IncomingMessage } from 'node:http';
import { checkPeer, type ServerTls } from '../tls/server-tls.ts';
import { bearsKey, unauthenticated } from '../wire/host-key.ts';

export interface Admission {
  key: string;
  tls: ServerTls | null;
}

/** Throws `certificate_refused` or `unauthenticated`. */
export function admit({ socket, headers }: IncomingMessage, { key, tls }: Admission): void {
  if (tls !== null) checkPeer(socket, tls);
  if (!bearsKey(headers.authorization, key)) throw unauthenticated();
}
