/** JSON with sorted keys and no spaces: one text for one value, whatever order it was put together in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => {
    if (held === null || typeof held !== 'object' || Array.isArray(held)) return held;
    return Object.fromEntries(Object.entries(held).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
