/**
 * Who somebody is now, where his credential was issued before something about him changed (a role, a member
 * removed, a tier or region moved). The credential itself is never changed; what it says is read anew from the
 * directory, once per isolate and change, and kept. Everybody else costs two look-ups in memory.
 *
 * An operator is read anew by every isolate, for who is one is in the configuration and no change is noted there.
 * While the directory is down his credential is believed: he is who mends it.
 */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Identity, Person } from '../identity/identity.ts';
import { type Changes, everybody } from './changes.ts';
import type { Defer, Snapshot } from './snapshot.ts';

export interface Standings {
  /** The identity as it is now; null where he has no place in the organisation any more. */
  current(identity: Identity, defer: Defer): Promise<Identity | null>;
  /** As the directory says this moment, whatever was heard of changes. */
  now(identity: Identity): Promise<Identity | null>;
}

export function createStandings(deps: {
  changes: Pick<Snapshot<Changes>, 'get'>;
  /** What this user, person or service account, is in the organisation now. */
  personIn(userId: UserId, org: OrgId): Promise<Person | null>;
  /** An operator could not be read anew. */
  onFailure(problem: unknown): void;
}): Standings {
  const derived = new BoundedMap<{ person: Person | null }>(limits.edge.standingsMax);
  return {
    async current(identity, defer) {
      const atMs = changedAtMs(await deps.changes.get(defer), identity);
      const known = Number.isFinite(atMs) ? { ...identity, asOfMs: atMs } : identity;
      const isOld = identity.iat * 1_000 < atMs + limits.edge.changeSettlesMs;
      if (!isOld && identity.role !== 'operator') return known;
      const { sub, org } = identity;
      const key = `${sub} ${org} ${atMs}`;
      const found = derived.get(key) ?? (await read(identity, isOld));
      if (!found) return known;
      derived.set(key, found);
      return found.person && { ...known, ...found.person };
    },
    async now(identity) {
      const person = await deps.personIn(identity.sub, identity.org);
      return person && { ...identity, ...person };
    },
  };

  /** Null: it cannot be read now, and what the credential says may stand. */
  async function read({ sub, org }: Identity, isOld: boolean): Promise<{ person: Person | null } | null> {
    try {
      return { person: await deps.personIn(sub, org) };
    } catch (thrown) {
      if (isOld) throw thrown;
      deps.onFailure(thrown);
      return null;
    }
  }
}

/**
 * When something about the holder changed last; times grow over all subjects (d1-batch.ts), so the latest stands for
 * every other. One issued a while after that still counts as issued before: it
 * may have been made (a key, another organisation's cookie) by an isolate that had not heard of the change.
 * Where there are more changes than are held, everybody counts as changed with the first that is missing.
 */
export function changedAtMs(changes: Changes, { sub, org, jti }: Identity): number {
  const subjects = [sub, org, jti, memberSubject(sub, org), everybody];
  return Math.max(...subjects.map((subject) => changes.get(subject) ?? Number.NEGATIVE_INFINITY));
}
