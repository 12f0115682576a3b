/**
 * All live sockets of the gateway, pinged together by one timer: a socket costs no timer of its own. One
 * that did not answer the last ping is gone, whatever its TCP connection says.
 */
import type { Connection } from './connection.ts';

export class SocketSweep {
  readonly #open = new Set<Connection>();
  readonly #silent = new Set<Connection>();
  readonly #onPong: (this: Connection) => void;
  readonly #changed: (count: number) => void;
  isDraining = false;

  constructor(changed: (count: number) => void) {
    this.#changed = changed;
    const silent = this.#silent;
    this.#onPong = function onPong() {
      silent.delete(this);
    };
  }

  get size(): number {
    return this.#open.size;
  }

  add(socket: Connection): void {
    this.#open.add(socket);
    this.#changed(this.#open.size);
    socket.on('pong', this.#onPong);
  }

  remove(socket: Connection): void {
    socket.off('pong', this.#onPong);
    this.#open.delete(socket);
    this.#silent.delete(socket);
    this.#changed(this.#open.size);
  }

  ping(): void {
    for (const socket of this.#open) {
      if (this.#silent.has(socket)) {
        socket.terminate();
        continue;
      }
      this.#silent.add(socket);
      socket.ping();
    }
  }

  /** Sends every client away to come back: 1012, because after 1000 or 1001 JupyterLab never reconnects. */
  drain(): void {
    this.isDraining = true;
    for (const socket of this.#open) socket.close(1012, 'the cell restarts');
  }
}
