/** `GET /terminals/websocket/{name}`: from an upgraded socket to its terminal and back. */
import type { RawData } from 'ws';
import type { Terminal } from '../terminals/terminal.ts';
import type { TerminalSocket } from '../terminals/terminal-socket.ts';
import { bytesOf } from './bytes-of.ts';
import type { Connection } from './connection.ts';
import type { SocketSweep } from './socket-sweep.ts';

interface Open {
  client: TerminalSocket;
  terminal: Terminal;
  sweep: SocketSweep;
}

const open = new WeakMap<Connection, Open>();

export function acceptTerminalSocket(socket: Connection, terminal: Terminal, sweep: SocketSweep): void {
  socket.on('error', ignoreError);
  const client = terminal.attach({
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (data, done) => socket.send(data, { binary: false }, done),
    close: (code, reason) => socket.close(code, reason),
  });
  open.set(socket, { client, terminal, sweep });
  socket.on('message', onMessage);
  socket.on('closing', onClose);
  socket.on('close', onClose);
  sweep.add(socket);
}

function onMessage(this: Connection, data: RawData): void {
  const found = open.get(this);
  if (found) found.terminal.receive(found.client, bytesOf(data));
}

function onClose(this: Connection): void {
  const found = open.get(this);
  if (!found) return;
  open.delete(this);
  found.sweep.remove(this);
  found.terminal.detach(found.client);
}

/** `ws` closes the socket after an error, and `close` cleans up. */
export function ignoreError(): void {}
