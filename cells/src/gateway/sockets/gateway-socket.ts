import { WebSocket } from 'ws';

/**
 * A server's socket that says when it begins to close. `close` comes only when TCP has ended, which a client
 * that does not read can delay by half a minute; from the first close frame on, whoever sent it, the socket
 * is of no use to its session. Emits `closing` with the code, absent when none was given.
 */
export class GatewaySocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
    this.emit('closing', code);
  }
}
