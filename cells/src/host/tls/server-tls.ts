/**
 * The daemon's side: an HTTPS server that asks everybody for a certificate and ends no handshake for a bad one.
 * Who it is decides each request (`checkPeer`), so that a controller whose certificate is refused is told
 * why in an answer, and a probe of `/healthz` needs none.
 */
import { constants } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { TlsIdentity } from './identity.ts';
import { certificateRefused, whyRefused } from './peer.ts';
import type { WatchedIdentity } from './watched-identity.ts';

export interface ServerTls {
  identity: WatchedIdentity;
  /** The name of whoever may command. */
  controller: string;
  clock: Clock;
}

export function createTlsServer({ identity }: ServerTls, handler: RequestListener): Server {
  const server = createServer({ ...contextOf(identity.current), ...asks, ...keepAlive }, handler);
  server.keepAliveTimeout = limits.host.keepAliveMs;
  identity.onChange((changed) => {
    server.setSecureContext(contextOf(changed));
    server.closeIdleConnections();
  });
  return server;
}

/** Throws `certificate_refused`, with the reason, for who is not the controller by his certificate. */
export function checkPeer(socket: unknown, { controller, clock }: ServerTls): void {
  const isTls = socket instanceof TLSSocket;
  const problem = whyRefused(
    {
      certificate: isTls ? socket.getPeerX509Certificate() : undefined,
      // Node's own types say it is an Error; it is the code of one.
      tlsProblem: isTls && !socket.authorized ? String(socket.authorizationError) : null,
    },
    controller,
    clock.nowMs(),
  );
  if (problem !== null) throw certificateRefused('commanding a host', problem);
}

const asks = { requestCert: true, rejectUnauthorized: false } as const;

/** A controller that is cut off says nothing any more: the kernel finds out, on links as well, and lets go. */
export const keepAlive = { keepAlive: true, keepAliveInitialDelay: limits.host.connectMsMax };

export const contextOf = ({ certificate, key, authorities }: TlsIdentity) => ({
  ...{ cert: certificate, key, ca: authorities },
  // A resumed session shows no certificate again and would outlive a rotation: there are none.
  ...{ minVersion: 'TLSv1.3' as const, secureOptions: constants.SSL_OP_NO_TICKET },
});
