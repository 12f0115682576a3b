/**
 * A shaped link as a program: whoever connects is talking to a port of this machine, every byte of it arriving as
 * late as ShapedPath says, in each direction for all connections together; a connection is first a round trip old. Where
 * the kernel has no netem this is what there is; TCP's slow start at a connection's begin is not in it. Arguments: the
 * port, Mb/s, round trip in ms. Says its own port to its parent, answers each message with what it has carried, and ends
 * with it.
 */
import { connect, createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { ShapedPath } from './shaped-path.ts';

const [port, mbps, rttMs] = z
  .tuple([z.coerce.number(), z.coerce.number(), z.coerce.number()])
  .parse(process.argv.slice(2, 5));
/** Under way of one connection: twice what fills the link. */
const windowBytes = Math.max(256 * 1024, 2 * ((mbps * 1e6) / 8) * (rttMs / 1_000));
const [up, down] = [new ShapedPath(mbps, rttMs / 2), new ShapedPath(mbps, rttMs / 2)];
const carried = { upBytes: 0, downBytes: 0, connections: 0 };

interface Piece {
  atMs: number;
  /** Null: nothing more comes. */
  bytes: Buffer | null;
}

class OneWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #path: ShapedPath;
  readonly #count: (bytes: number) => void;
  readonly #notBeforeMs: number;
  readonly #pieces: Piece[] = [];
  #underWay = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(from: Socket, to: Socket, path: ShapedPath, count: (bytes: number) => void) {
    [this.#from, this.#to, this.#path, this.#count] = [from, to, path, count];
    this.#notBeforeMs = performance.now() + 1.5 * rttMs;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => this.#push(null));
    to.on('drain', () => this.#pump());
  }

  #take(bytes: Buffer): void {
    this.#count(bytes.length);
    this.#underWay += bytes.length;
    if (this.#underWay > windowBytes) this.#from.pause();
    this.#push(bytes);
  }

  #push(bytes: Buffer | null): void {
    const atMs = this.#path.arrivesAtMs(performance.now(), bytes?.length ?? 0);
    this.#pieces.push({ atMs: Math.max(atMs, this.#notBeforeMs), bytes });
    this.#timer ??= setTimeout(() => this.#pump(), this.#waitMs());
  }

  readonly #waitMs = () => Math.max(0, Math.floor((this.#pieces[0]?.atMs ?? 0) - performance.now()));

  #pump(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#to.destroyed || this.#to.writableNeedDrain) return;
    for (let [piece] = this.#pieces; piece && piece.atMs <= performance.now(); [piece] = this.#pieces) {
      this.#pieces.shift();
      if (piece.bytes === null) return void this.#to.end();
      this.#underWay -= piece.bytes.length;
      if (!this.#to.write(piece.bytes)) return;
    }
    if (this.#underWay <= windowBytes) this.#from.resume();
    if (this.#pieces.length > 0) this.#timer = setTimeout(() => this.#pump(), Math.max(1, this.#waitMs()));
  }
}

const counting = (direction: 'upBytes' | 'downBytes') => (bytes: number) => {
  carried[direction] += bytes;
};

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  carried.connections += 1;
  const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  new OneWay(client, upstream, up, counting('upBytes'));
  new OneWay(upstream, client, down, counting('downBytes'));
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => other.destroy());
    // What it said before it ended is still on its way.
    one.on('close', (hadError) => void ((hadError || !one.readableEnded) && other.destroy()));
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.(address.port);
});
process.on('message', () => process.send?.(carried));
process.on('disconnect', () => process.exit(0));
