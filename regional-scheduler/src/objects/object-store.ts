/**
 * Results and checkpoints by key (shared/src/protocol/agent-objects-api.ts). One is brought piece by piece and there
 * only when it is whole; from then on it never changes. Pieces lie in a directory of this machine until then, wherever
 * whole ones are kept: on another instance an upload begins anew.
 */
import type { Readable } from 'node:stream';

export interface Kept {
  bytes: number;
  isComplete: boolean;
}

export type Piece =
  /** Written, fsynced; `bytes` are kept now. */
  | { kind: 'kept'; bytes: number }
  | { kind: 'complete'; bytes: number }
  /** It does not begin where what is kept ends: nothing is written. */
  | { kind: 'elsewhere'; bytes: number }
  /** What was brought is not what was meant: nothing is kept. */
  | { kind: 'corrupt' }
  | { kind: 'full'; bytes: number };

export interface Found {
  /** Of the whole object. */
  bytes: number;
  stream: Readable;
}

export interface ByteRange {
  first: number;
  /** Included; within the object. */
  last: number;
}

export interface ObjectStore {
  kept(key: string): Promise<Kept>;
  /** `sha256`: given with the last piece, of the whole, in hex. */
  write(key: string, offset: number, piece: Uint8Array, sha256?: string): Promise<Piece>;
  /** Of a whole one; null where there is none. */
  size(key: string): Promise<number | null>;
  read(key: string, range?: ByteRange): Promise<Found | null>;
  remove(key: string): Promise<void>;
  /** Keys of the whole ones under a job's prefix. */
  list(prefix: string): Promise<string[]>;
  /** Removes pieces on this machine that nobody has gone on with since; how many uploads it were. */
  removeAbandoned(beforeMs: number): Promise<number>;
}
