/** The first of a queue of any length, without looking at the rest. */
export function firstOf<Key, Value>(queue: ReadonlyMap<Key, Value>, countMax: number): [Key, Value][] {
  const first: [Key, Value][] = [];
  for (const one of queue) {
    if (first.length >= countMax) break;
    first.push(one);
  }
  return first;
}
