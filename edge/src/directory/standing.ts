/**
 * Who somebody is now, where his credential was issued before something about him changed (a role, a member
 * removed, a tier or region moved). The credential itself is never changed; what it says is read anew from the
 * directory, once per isolate and change, and kept. Everybody else costs two look-ups in memory.
 */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Identity, Person } from '../identity/identity.ts';
import type { Changes } from './changes.ts';
import type { Defer, Snapshot } from './snapshot.ts';

export interface Standings {
  /** The identity as it is now; null where he has no place in the organisation any more. */
  current(identity: Identity, defer: Defer): Promise<Identity | null>;
}

export function createStandings(deps: {
  changes: Snapshot<Changes>;
  /** What this user, person or service account, is in the organisation now. */
  personIn(userId: UserId, org: OrgId): Promise<Person | null>;
}): Standings {
  const known = new BoundedMap<{ person: Person | null }>(limits.edge.standingsMax);
  return {
    async current(identity, defer) {
      const atMs = changedAtMs(await deps.changes.get(defer), identity);
      if (identity.iat * 1_000 >= atMs) return identity;
      const { sub, org } = identity;
      const key = `${sub} ${org} ${atMs}`;
      const found = known.get(key) ?? { person: await deps.personIn(sub, org) };
      known.set(key, found);
      return found.person && { ...identity, ...found.person };
    },
  };
}

/** A credential says its second of issue: one issued in the second of a change counts as issued before it. */
export function changedAtMs(changes: Changes, { sub, org, jti }: Identity): number {
  const times = [sub, org, jti].map((subject) => changes.get(subject) ?? Number.NEGATIVE_INFINITY);
  return Math.max(...times);
}
