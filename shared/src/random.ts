/** Randomness is an argument: production draws from the system, tests and the simulator from a seed. */
export interface Random {
  /** A float in [0, 1). */
  float(): number;
  /** An integer in [0, bound). */
  int(bound: number): number;
  bytes(length: number): Uint8Array;
  /** A version-4 UUID. */
  uuid(): string;
}

export const systemRandom: Random = {
  float: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
  int: (bound) => Math.floor(systemRandom.float() * bound),
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  uuid: () => crypto.randomUUID(),
};

/** A reproducible stream (mulberry32): the same seed draws the same values on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const bytes = (length: number) => {
    const drawn = new Uint8Array(length);
    for (let at = 0; at < length; at++) drawn[at] = next() * 256;
    return drawn;
  };
  return { float: next, int: (bound) => Math.floor(next() * bound), bytes, uuid: () => uuidOf(bytes(16)) };
}

function uuidOf(raw: Uint8Array): string {
  raw[6] = (raw[6]! & 0x0f) | 0x40;
  raw[8] = (raw[8]! & 0x3f) | 0x80;
  const hex = Array.from(raw, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
