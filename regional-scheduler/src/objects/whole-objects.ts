import type { Readable } from 'node:stream';
import type { ByteRange } from './object-store.ts';

/** Where whole objects are kept: a directory, or S3. */
export interface WholeObjects {
  size(key: string): Promise<number | null>;
  read(key: string, range?: ByteRange): Promise<Readable | null>;
  /** Takes the file, which is its own from then on; resolves when the object would survive this machine's crash. */
  keep(key: string, path: string, bytes: number): Promise<void>;
  remove(key: string): Promise<void>;
  /** Keys of all that lies under a job's prefix; of a job, so that they are few. */
  list(prefix: string): Promise<string[]>;
}
