/** A client's socket as the gateway uses it, whether it is open here or parked at the edge (parking/spot.ts). */
import type { RawData } from 'ws';

export interface Connection {
  /** The subprotocol that was agreed on. */
  readonly protocol: string;
  readonly bufferedAmount: number;
  /** Lets what is sent in this turn leave in one write, where the socket can. */
  gather?(): void;
  send(data: string | Uint8Array, options: { binary: boolean }, done?: (error?: Error | null) => void): void;
  close(code?: number, reason?: string): void;
  pause(): void;
  resume(): void;
  ping(): void;
  terminate(): void;
  on(event: 'message', listener: (this: Connection, data: RawData, isBinary: boolean) => void): unknown;
  /** `closing`: from here on it is of no use; `close`: it has ended. Without a code where none was given. */
  on(event: 'closing' | 'close', listener: (this: Connection, code: number | undefined) => void): unknown;
  on(event: 'error', listener: (this: Connection, error: Error) => void): unknown;
  on(event: 'pong', listener: (this: Connection) => void): unknown;
  off(event: 'pong', listener: (this: Connection) => void): unknown;
}
