/** Series in promtool's notation, and what situations are made of. */

/** A counter that grows by so much from one value to the next, so many times. */
export const grows = (by: number, times: number): string => `0+${by}x${times}`;
export const stays = (value: number, times: number): string => `${value}x${times}`;

/** Good and bad events from one value to the next. */
export type Share = [good: number, bad: number];

export interface Promised {
  alert: string;
  /** Each has a cell or region of its own, so that all of them are tried at once. */
  series(good: number, bad: number, times: number): Record<string, string>;
  fast: Share;
  slow: Share;
  fine: Share;
}

/** Null: nothing is to fire. */
export type Cause = [alert: string | readonly string[] | null, what: string, series: Record<string, string>];
