/**
 * The picture: waves of colour whose number, direction and speed come from the words of the prompt and the seed. A frame
 * starts as noise and is drawn towards its picture step by step, as a diffusion model does it, so that more steps cost
 * more time and leave less noise. Everything follows from the request alone: the same frame always has the same bytes.
 */
import { createHash } from 'node:crypto';
import type { RenderRequest } from './request.ts';

interface Wave {
  across: number;
  down: number;
  perSecond: number;
  phase: number;
  colour: readonly [number, number, number];
}

const wavesMax = 7;
const pullPerStep = 0.18;

export class Picture {
  readonly #request: RenderRequest;
  readonly #waves: Wave[];

  constructor(request: RenderRequest) {
    this.#request = request;
    this.#waves = wavesOf(request);
  }

  /** One frame as `rgb24`, row by row. */
  frame(index: number): Buffer {
    const { width, height, steps, seed } = this.#request.parameters;
    const target = this.#target(index);
    const values = noise(target.length, seed * 65_537 + index);
    for (let step = 0; step < steps; step++)
      for (let at = 0; at < values.length; at++)
        values[at] = values[at]! + (target[at]! - values[at]!) * pullPerStep;
    const bytes = Buffer.allocUnsafe(width * height * 3);
    for (let at = 0; at < values.length; at++)
      bytes[at] = Math.max(0, Math.min(255, Math.round(values[at]!)));
    return bytes;
  }

  #target(index: number): Float32Array {
    const { width, height, fps } = this.#request.parameters;
    const seconds = index / fps;
    const values = new Float32Array(width * height * 3);
    let at = 0;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const [x, y] = [column / width, row / height];
        let [red, green, blue] = [0, 0, 0];
        for (const { across, down, perSecond, phase, colour } of this.#waves) {
          const level = 0.5 + 0.5 * Math.sin(across * x + down * y + perSecond * seconds + phase);
          red += level * colour[0];
          green += level * colour[1];
          blue += level * colour[2];
        }
        values[at++] = red;
        values[at++] = green;
        values[at++] = blue;
      }
    return values;
  }
}

/** A wave for each word, at most seven; an empty prompt has one. */
function wavesOf({ prompt, parameters }: RenderRequest): Wave[] {
  const words = prompt.trim().split(/\s+/).slice(0, wavesMax);
  return words.map((word, index) => {
    const digest = createHash('sha256').update(`${parameters.seed} ${index} ${word}`).digest();
    const share = (at: number) => digest.readUInt16BE(at * 2) / 65_536;
    const colour = [0, 1, 2].map((channel) => (255 * share(4 + channel)) / (words.length * 0.6));
    return {
      across: 4 + 14 * share(0),
      down: 4 + 14 * share(1),
      perSecond: 6 * share(2) - 3,
      phase: 2 * Math.PI * share(3),
      colour: [colour[0]!, colour[1]!, colour[2]!],
    };
  });
}

/** The same noise for the same seed on every machine (xorshift32). */
function noise(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = (Math.imul(seed + 1, 0x9e37_79b1) | 1) >>> 0;
  for (let at = 0; at < length; at++) {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    values[at] = state >>> 24;
  }
  return values;
}
