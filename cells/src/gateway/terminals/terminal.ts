/**
 * One terminal: a shell on a pty inside the sandbox, shown to any number of sockets. While the sandbox sleeps
 * the shell sleeps with it, and the next key wakes both. When the sandbox stops the shell is gone, and this says
 * so; the terminal stays listed and its sockets open, and the next key opens a new shell under the same name.
 */
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '@cellbook/shared/clock.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { LiveSandbox } from '../kernels/kernel-host.ts';
import { noSuchTerminal } from '../refusals.ts';
import { Scrollback } from './scrollback.ts';
import { readTerminalMessage } from './terminal-message.ts';
import { TerminalSocket, type TerminalWire } from './terminal-socket.ts';

export interface TerminalHost {
  readonly clock: Clock;
  ensureLive(): Promise<LiveSandbox>;
  isCurrent(live: LiveSandbox): boolean;
  touch(): void;
}

const defaultRows = 24;
const defaultColumns = 80;

export class Terminal {
  readonly name: string;
  lastActivityMs: number;
  readonly #directory: string;
  readonly #host: TerminalHost;
  readonly #sockets = new Set<TerminalSocket>();
  readonly #scrollback = new Scrollback();
  #decoder = new StringDecoder('utf8');
  #live: LiveSandbox | null = null;
  #opening: Promise<void> | null = null;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isPumping = false;
  #lastOutputMs: number | null = null;
  #isClosed = false;
  /** Nothing may be typed: its sandbox is on its way to sleep, or sleeps. */
  #isAsleep = false;

  constructor(name: string, directory: string, host: TerminalHost) {
    this.name = name;
    this.#directory = directory;
    this.#host = host;
    this.lastActivityMs = host.clock.nowMs();
  }

  get isBusy(): boolean {
    if (this.#live === null || this.#lastOutputMs === null) return false;
    return this.#host.clock.monotonicMs() - this.#lastOutputMs < limits.gateway.terminalBusyMs;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(noSuchTerminal(this.name));
    if (this.#live && !this.#isAsleep) return Promise.resolve();
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  attach(wire: TerminalWire): TerminalSocket {
    const socket = new TerminalSocket(wire, this.#scrollback);
    this.#sockets.add(socket);
    return socket;
  }

  detach(socket: TerminalSocket): void {
    socket.gone();
    this.#sockets.delete(socket);
    this.#fitSize();
  }

  receive(socket: TerminalSocket, data: Buffer): void {
    const message = readTerminalMessage(data);
    if (message.kind === 'size') {
      socket.rows = message.rows;
      socket.columns = message.columns;
      this.#fitSize();
    } else if (message.kind === 'stdin') this.#type(Buffer.from(message.data));
  }

  output(data: Buffer): void {
    this.lastActivityMs = this.#host.clock.nowMs();
    this.#lastOutputMs = this.#host.clock.monotonicMs();
    this.#show(this.#decoder.write(data));
  }

  /** Its shell runs in a sandbox that another controller started, or that slept. */
  adopt(live: LiveSandbox): void {
    this.#live = live;
    this.#isAsleep = false;
    // Pages may have come, gone and been resized meanwhile.
    if (this.#sockets.size > 0) this.#fitSize();
  }

  /** Its sandbox is about to sleep: from here on what is typed is held. */
  sleep(): void {
    this.#isAsleep = this.#live !== null;
  }

  /** It is not to sleep after all. */
  stayed(): void {
    if (this.#live) this.#isAsleep = false;
  }

  /** Its sandbox sleeps, with the shell in it. */
  slept(): void {
    if (this.#isAsleep) this.#live = null;
  }

  /** It slept, and the sandbox that came in its place does not have its shell. */
  forgotten(): void {
    if (this.#isAsleep) this.park();
  }

  /** The sandbox is gone and the shell with it. */
  park(): void {
    if (!this.#live && !this.#isAsleep) return;
    this.#live = null;
    this.#isAsleep = false;
    this.#show(this.#decoder.end());
    this.#decoder = new StringDecoder('utf8');
    // It was meant for what ran in this shell: an answer, or a password.
    const lost = this.#held.length > 0 ? ' What you typed meanwhile was not run.' : '';
    this.#dropHeld();
    this.#show(
      `\r\n[Cellbook: the workspace was suspended and this shell ended.${lost} Press a key for a new one.]\r\n`,
    );
  }

  end(): void {
    for (const socket of this.#sockets) socket.end();
    this.#sockets.clear();
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
    // A shell that is just being opened has to be there before it can be closed.
    await this.#opening?.catch(() => {});
    const live = this.#live;
    this.#live = null;
    // A sandbox on its way out takes the shell with it; the client's wish is granted either way.
    await live?.link.closeTerminal(this.name).catch(() => {});
    this.end();
  }

  closeSockets(code: number, reason: string): void {
    for (const socket of this.#sockets) socket.close(code, reason);
    this.#sockets.clear();
  }

  #type(data: Buffer): void {
    this.lastActivityMs = this.#host.clock.nowMs();
    this.#host.touch();
    if (this.#heldBytes + data.length > limits.gateway.terminalMessageBytesMax) {
      this.#show('\r\n[Cellbook: the shell does not read; what was typed last was dropped.]\r\n');
      return;
    }
    this.#held.push(data);
    this.#heldBytes += data.length;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#held.length > 0) await this.#typeNext();
    } catch (thrown) {
      const { problem, next } = toCellbookError(thrown, `opening terminal ${this.name}`);
      this.#show(
        `\r\n[Cellbook: ${problem}. What you typed was not run. ${next ?? 'Press a key to try again.'}]\r\n`,
      );
      this.#dropHeld();
    } finally {
      this.#isPumping = false;
    }
  }

  /** Types what was held first, opening a shell before when there is none; it may have been dropped meanwhile. */
  async #typeNext(): Promise<void> {
    await this.open();
    const data = this.#held[0];
    const live = this.#isAsleep ? null : this.#live;
    if (data === undefined) return;
    if (live && !live.link.writeTerminal(this.name, data))
      await Promise.race([live.link.drained(), live.lost]);
    if (this.#held[0] !== data) return;
    this.#held.shift();
    this.#heldBytes -= data.length;
  }

  #dropHeld(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }

  async #open(): Promise<void> {
    const live = await this.#host.ensureLive();
    // Adopted while it was waited for.
    if (this.#live === live) return;
    const { rows, columns } = this.#smallest();
    await live.link.openTerminal({ name: this.name, columns, rows, directory: this.#directory });
    if (!this.#host.isCurrent(live)) return this.#open();
    this.#live = live;
  }

  #show(text: string): void {
    this.#scrollback.append(text);
    for (const socket of this.#sockets) socket.catchUp();
  }

  #fitSize(): void {
    const { rows, columns } = this.#smallest();
    this.#live?.link.resizeTerminal(this.name, columns, rows);
  }

  /** Every client sees everything, so the smallest of them decides. */
  #smallest(): { rows: number; columns: number } {
    let [rows, columns] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const socket of this.#sockets) {
      rows = Math.min(rows, socket.rows ?? rows);
      columns = Math.min(columns, socket.columns ?? columns);
    }
    return {
      rows: Number.isFinite(rows) ? rows : defaultRows,
      columns: Number.isFinite(columns) ? columns : defaultColumns,
    };
  }
}
