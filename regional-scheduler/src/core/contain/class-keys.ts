/** Of what a class is known by: a feature, a pair of them, or one of either in one organisation's jobs alone. */
import type { ClassEvidence } from './classes.ts';
import type { Hang } from './organisation.ts';

/** Those of its features, and pairs of them, that are looked at or limited. */
export function keysOf(s: ClassEvidence, features: readonly string[]): string[] {
  if (s.trackedCount + s.limitCount === 0) return [];
  const keys: string[] = [];
  for (const feature of features) {
    if (s.tracked[feature] || s.limits[feature]) keys.push(feature);
    const partners = s.partners[feature];
    if (!partners) continue;
    for (const other of partners) if (hasAll(features, other)) keys.push(pairKey(feature, other));
  }
  return keys;
}

/** The last ones that speak against it. */
export function hangsOf(s: ClassEvidence, key: string): Hang[] {
  return s.recent.filter(({ features }) => hasAll(features, key));
}

export const pairKey = (one: string, other: string): string => `${one} & ${other}`;

/** An organisation's partner may be a pair itself. */
function hasAll(features: readonly string[], key: string): boolean {
  return (
    features.includes(key) || (key.includes(' & ') && key.split(' & ').every((one) => features.includes(one)))
  );
}
