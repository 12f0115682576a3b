import type { Socket } from 'node:net';
import { WebSocket } from 'ws';

/**
 * A server's socket that says when it begins to close. `close` comes only when TCP has ended, which a client
 * that does not read can delay by half a minute; from the first close frame on, whoever sent it, the socket
 * is of no use to its session. Emits `closing` with the code, absent when none was given.
 *
 * It can also gather what is sent in one turn of the event loop into one write: with fifty clients of one
 * kernel two fifths of the cell's time were writes, three of them for each cell executed and client.
 */
export class GatewaySocket extends WebSocket {
  #connection: Socket | null = null;
  #isGathering = false;

  /** The connection under it, which `ws` keeps to itself. */
  runsOver(connection: Socket): void {
    this.#connection = connection;
  }

  /** What is sent from here to the end of this turn leaves in one write. */
  gather(): void {
    if (this.#isGathering || !this.#connection) return;
    this.#isGathering = true;
    this.#connection.cork();
    process.nextTick(endGathering, this);
  }

  endGathering(): void {
    this.#isGathering = false;
    this.#connection?.uncork();
  }

  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
    this.emit('closing', code);
  }
}

/** Shared by all sockets, so that a turn makes no closure. */
function endGathering(socket: GatewaySocket): void {
  socket.endGathering();
}
