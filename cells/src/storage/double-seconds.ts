/**
 * Node takes a file's times as seconds in a double, whose steps are 238 ns today, and cuts what is left down to
 * a nanosecond. A time on such a step is set exactly by Node itself; any other needs another way
 * (live/exact-times.ts), so that times which we choose ourselves are chosen on a step.
 */
const nsPerSecond = 1_000_000_000n;

/** The nearest double; the parts apart, since nanoseconds since 1970 do not fit into one. */
export const secondsOf = (ns: bigint): number => Number(ns / nsPerSecond) + Number(ns % nsPerSecond) / 1e9;

/** What a file has after Node was told the nearest double to this time: at most 119 ns away. */
export function settableNs(ns: bigint): bigint {
  const seconds = secondsOf(ns);
  const whole = Math.trunc(seconds);
  return BigInt(whole) * nsPerSecond + BigInt(Math.trunc((seconds - whole) * 1e9));
}
