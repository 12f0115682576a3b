/** The directory in memory: for tests and simulation. */
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Person } from '../identity/identity.ts';
import type { Directory } from './directory.ts';

export function createMemoryDirectory({ random }: { random: Random }): Directory {
  const people = new Map<string, Person>();
  const revoked = new Map<string, number>();

  return {
    async findOrCreatePerson(email, name, region) {
      const key = email.toLowerCase();
      const known = people.get(key);
      if (known) return known;
      const person: Person = {
        sub: newUserId(random),
        org: newOrgId(random),
        name,
        tier: 'free',
        region,
        role: 'member',
      };
      people.set(key, person);
      return person;
    },
    async revokeSession(id, untilMs) {
      revoked.set(id, untilMs);
    },
    async revocations(nowMs) {
      return [...revoked].filter(([, untilMs]) => untilMs > nowMs).map(([id]) => id);
    },
  };
}
