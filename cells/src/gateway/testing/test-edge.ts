/**
 * The edge as a cell sees it: a proxy that holds browsers' sockets, one attachment after another, by the words of
 * shared/src/protocol/parking-api.ts.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  brokenCode,
  goWord,
  parkedCode,
  parkingHeader,
  parkWord,
  pauseWord,
  resumeWord,
  type WakeOrder,
  writeParking,
} from '@cellbook/shared/protocol/parking-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { WebSocket, WebSocketServer } from 'ws';

type Frame = [data: Buffer, isBinary: boolean];

interface Held {
  browser: WebSocket;
  path: string;
  protocols: string[];
  seq: number;
  upstream: WebSocket | null;
  isAttaching: boolean;
  queue: Frame[];
  /** Frames of the browser that have gone to the cell. */
  sentCount: number;
}

export class TestEdge {
  /** Where the cell is: `http://127.0.0.1:port`. */
  cellUrl = '';
  /** Does not hear the cell. */
  isDeaf = false;
  /** The next attachment that is parked breaks off instead of being closed. */
  breaksNextParting = false;
  attachments = 0;
  readonly orders: WakeOrder[] = [];
  readonly #held = new Map<string, Held>();
  readonly #server: WebSocketServer;

  static async start(): Promise<TestEdge> {
    const server = new WebSocketServer({
      ...{ port: 0, host: '127.0.0.1' },
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    await once(server, 'listening');
    return new TestEdge(server);
  }

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (browser, request) => {
      const protocols = request.headers['sec-websocket-protocol']?.split(/, */) ?? [];
      const line = { browser, path: request.url ?? '', protocols, seq: 0, upstream: null };
      this.#hold({ ...line, isAttaching: false, queue: [], sentCount: 0 });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get parkedCount(): number {
    return [...this.#held.values()].filter(({ upstream, isAttaching }) => !upstream && !isAttaching).length;
  }

  readonly wake = async (_shard: number, orders: readonly WakeOrder[]): Promise<string[]> => {
    if (this.isDeaf) throw new Error('not heard');
    this.orders.push(...orders);
    const gone = orders.filter((order) => !this.#held.has(order.socket)).map(({ socket }) => socket);
    for (const order of orders) {
      const held = this.#held.get(order.socket);
      if (!held || held.upstream || held.seq !== order.seq) continue;
      if (order.want === 'attach') this.#attach(order.socket, held);
      if (order.want === 'end') held.browser.close(order.code, order.reason);
    }
    return gone;
  };

  /** One attachment more of the only socket, that says nothing; `isLater`: the next that is asked for comes after it. */
  attachBesides(by: number, isLater = false): WebSocket {
    const [[socket, held] = []] = this.#held;
    if (!socket || !held) throw new Error('nothing is held');
    const upstream = this.#open(socket, held, held.seq + by);
    if (isLater) held.seq += by;
    return upstream;
  }

  /** Something that the browser has said has not reached the cell. */
  loseFrames(count: number): void {
    for (const held of this.#held.values()) held.sentCount += count;
  }

  /** Browsers do not read, or read again. */
  tellSlow(isSlow: boolean): void {
    for (const { upstream } of this.#held.values()) upstream?.send(isSlow ? pauseWord : resumeWord);
  }

  /** The browser goes, and nobody tells the cell. */
  loseAll(): void {
    for (const [name, { browser }] of this.#held) {
      this.#held.delete(name);
      browser.terminate();
    }
  }

  close(): void {
    for (const { browser, upstream } of this.#held.values()) {
      browser.terminate();
      upstream?.terminate();
    }
    this.#server.close();
  }

  #hold(held: Held): void {
    const name = systemRandom.uuid();
    this.#held.set(name, held);
    held.browser.on('message', (data: Buffer, isBinary) => {
      if (held.upstream) sendOn(held, held.upstream, [data, isBinary]);
      else {
        held.queue.push([data, isBinary]);
        this.#attach(name, held);
      }
    });
    held.browser.on('close', (code) => {
      this.#held.delete(name);
      held.upstream?.close(code === 1005 ? 1000 : code === 1006 ? brokenCode : code);
    });
    this.#attach(name, held);
  }

  #attach(socket: string, held: Held): void {
    if (held.isAttaching) return;
    held.isAttaching = true;
    held.seq += 1;
    this.attachments += 1;
    const upstream = this.#open(socket, held, held.seq);
    upstream.on('open', () => {
      held.isAttaching = false;
      held.upstream = upstream;
      if (held.seq > 1) upstream.send(goWord + held.sentCount);
      for (const frame of held.queue.splice(0)) sendOn(held, upstream, frame);
    });
    upstream.on('message', (data: Buffer, isBinary) => {
      if (held.upstream !== upstream) return;
      if (isBinary || data[0] !== 0) held.browser.send(data, { binary: isBinary });
      else if (String(data).startsWith(parkWord)) {
        held.upstream = null;
        if (this.breaksNextParting) upstream.terminate();
        else upstream.close(parkedCode);
        this.breaksNextParting = false;
      }
    });
    upstream.on('close', (code, reason) => {
      if (held.upstream === upstream) held.browser.close(code === 1006 ? 1012 : code, reason.toString());
    });
    upstream.on('error', () => held.browser.close(1012));
  }

  #open(socket: string, { path, protocols }: Held, seq: number): WebSocket {
    return new WebSocket(`${this.cellUrl.replace('http', 'ws')}${path}`, protocols, {
      headers: { [parkingHeader]: writeParking({ shard: 0, socket, seq }) },
      perMessageDeflate: false,
    });
  }
}

function sendOn(held: Held, upstream: WebSocket, [data, binary]: Frame): void {
  held.sentCount += 1;
  upstream.send(data, { binary });
}
