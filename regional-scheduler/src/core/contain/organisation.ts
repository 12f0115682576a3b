/**
 * Whose an attempt is, beside its features: no request can have this name, since theirs have a `:`, `~` or `#` in them.
 * Nothing is suspected for being somebody's; but what only one organisation's hangs speak against is limited in that
 * organisation's jobs alone (`scopeOf`): nobody can have others' jobs refused by what he sends himself.
 */
import type { OrgId } from '@cellbook/shared/ids.ts';

export type OrgFeature = `org=${string}`;

export function withOrganisation(features: readonly string[], orgId: OrgId): string[] {
  return [...features, `org=${orgId}`];
}

export const isOrganisation = (feature: string): feature is OrgFeature =>
  feature.startsWith('org=') && !/[:~#]/.test(feature);

/** Whose jobs alone a key is of; null: everybody's. */
export function ownerOf(key: string): OrgFeature | null {
  const [first = ''] = key.split(' & ', 1);
  return isOrganisation(first) ? first : null;
}

/** One hang of those that speak against a key, and how much it added at the most. */
export interface Hang {
  features: readonly string[];
  added: number;
}

/** All of them are one organisation's, and not this one's: nobody is stopped sooner for what another sends. */
export function isAnothersAlone(hangs: readonly Hang[], own: OrgFeature | undefined): boolean {
  const owners = new Set(hangs.map(({ features }) => features.find(isOrganisation)));
  const [only] = owners;
  return owners.size === 1 && only !== undefined && only !== own;
}

/**
 * Whom the evidence `log` of these hangs allows to limit: `all`, where what it is without the organisation that hung most
 * suffices; else that organisation, where its own does; else nobody yet.
 */
export function scopeOf(
  hangs: readonly Hang[],
  log: number,
  suffices: (log: number) => boolean,
): 'all' | OrgFeature | null {
  const byOrganisation = new Map<OrgFeature, number>();
  let sum = 0;
  for (const { features, added } of hangs) {
    const owner = features.find(isOrganisation);
    sum += added;
    if (owner) byOrganisation.set(owner, (byOrganisation.get(owner) ?? 0) + added);
  }
  const [most, own] = [...byOrganisation].reduce<[OrgFeature | null, number]>(
    (best, one) => (one[1] > best[1] ? one : best),
    [null, 0],
  );
  if (suffices(most === null ? log : Math.min(log - own, sum - own))) return 'all';
  return most !== null && suffices(Math.min(log, own)) ? most : null;
}
