import { Transform, type TransformCallback } from 'node:stream';
import type { EgressUse } from './egress-log.ts';
import { Refusal } from './refusal.ts';
import type { Counted } from './relay.ts';

/** Counts what flows through, and ends it with a Refusal when that was too much. */
export class Meter extends Transform {
  readonly #passage: Counted;
  readonly #direction: keyof EgressUse;

  constructor(passage: Counted, direction: keyof EgressUse) {
    super();
    this.#passage = passage;
    this.#direction = direction;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#passage.spend(this.#direction, chunk.length)) done(null, chunk);
    else done(new Refusal('over_quota', 'this workspace has used up what it may transfer today'));
  }
}
