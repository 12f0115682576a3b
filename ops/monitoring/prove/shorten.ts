/**
 * The same rules in less time: every window and every `for` divided by one number, so that what takes an hour to be
 * seen takes minutes. What is counted and compared stays as it is. Pure.
 */
const secondsOf = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
type Unit = keyof typeof secondsOf;

/** `text` is one of the files in `rules/`; `by` divides every duration in it into whole seconds, or to one at least. */
export function shorten(text: string, by: number): string {
  const shorter = (amount: string, unit: string) =>
    `${Math.max(1, Math.round((Number(amount) * secondsOf[unit as Unit]) / by))}s`;
  return text
    .replace(/\[(\d+)([smhd])\]/g, (_, amount, unit) => `[${shorter(amount, unit)}]`)
    .replace(/^( +for: )(\d+)([smhd])$/gm, (_, before, amount, unit) => before + shorter(amount, unit));
}
