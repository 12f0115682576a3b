/**
 * Keep-alive connections to one program, cheap enough to offer thousands of requests a second beside it on the same
 * machine: each has one request under way, the next waits in line. An answer has a content-length, as all of the
 * scheduler's have. A connection that ends fails its request; a new one is made for the next.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  body: string;
}

interface Asked {
  request: string;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export class HttpConnections {
  readonly #host: string;
  readonly #port: number;
  readonly #countMax: number;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  #waiting: Asked[] = [];

  constructor(url: string, countMax: number) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#countMax = countMax;
  }

  /** `request`: whole, as it goes over the wire. */
  ask(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = { request, resolve, reject };
      const connection = this.#idle.pop() ?? this.#more();
      if (connection) connection.ask(asked);
      else this.#waiting.push(asked);
    });
  }

  close(): void {
    for (const connection of this.#open) connection.end();
  }

  #more(): Connection | undefined {
    if (this.#open.size >= this.#countMax) return undefined;
    const connection = new Connection(connect(this.#port, this.#host), {
      free: () => {
        const next = this.#waiting.shift();
        if (next) connection.ask(next);
        else this.#idle.push(connection);
      },
      ended: () => {
        this.#open.delete(connection);
        const at = this.#idle.indexOf(connection);
        if (at !== -1) this.#idle.splice(at, 1);
        // Whoever waits behind a program that is gone would wait for ever.
        if (this.#open.size > 0) return;
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('nobody answers there'));
      },
    });
    this.#open.add(connection);
    return connection;
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #told: { free(): void; ended(): void };
  #asked: Asked | null = null;
  #text = '';

  constructor(socket: Socket, told: { free(): void; ended(): void }) {
    this.#socket = socket.setNoDelay(true).setEncoding('utf8');
    this.#told = told;
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      told.ended();
      this.#asked?.reject(new Error('the connection ended'));
      this.#asked = null;
    });
  }

  ask(asked: Asked): void {
    this.#asked = asked;
    this.#socket.write(asked.request);
  }

  end(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#text += text;
    const headEnd = this.#text.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#text.slice(0, headEnd))?.[1]);
    const body = this.#text.slice(headEnd + 4);
    if (Buffer.byteLength(body) < length) return;
    const answer = { status: Number(this.#text.slice(9, 12)), body };
    const asked = this.#asked;
    this.#asked = null;
    this.#text = '';
    asked?.resolve(answer);
    this.#told.free();
  }
}
