/** People in memory: for tests and simulation. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, type OrgId, type RegionId } from '@cellbook/shared/ids.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Person } from '../identity/identity.ts';
import { endEvery, memorySessions } from './memory-sessions.ts';
import type { MemoryTables, UserRow } from './memory-tables.ts';
import { identityName, roleOf } from './operators.ts';
import type { Login, People } from './people.ts';

export function createMemoryPeople(deps: {
  tables: MemoryTables;
  clock: Clock;
  random: Random;
  operators: ReadonlySet<string>;
}): People {
  const { tables, clock, random, operators } = deps;
  const { users, orgs, identities } = tables;
  const byEmail = (email: string) => [...users.values()].find((user) => user.email === email);
  const identitiesOf = (userId: string) =>
    [...identities].filter(([, owner]) => owner === userId).map(([name]) => name);

  const create = (email: string | null, name: string, region: RegionId): UserRow => {
    const org: OrgId = newOrgId(random);
    const nowMs = clock.nowMs();
    const user = { id: newUserId(random), email, name, homeOrg: org, lastOrg: null, region };
    orgs.set(org, {
      id: org,
      name,
      kind: 'personal',
      tier: 'free',
      region: null,
      emailDomain: null,
      createdAtMs: nowMs,
      createdBy: null,
    });
    users.set(user.id, user);
    tables.join(org, user.id, 'admin', nowMs);
    return user;
  };
  const personOf = (user: UserRow, org: OrgId): Person | null => {
    const member = tables.memberOf(org, user.id);
    const place = orgs.get(org);
    if (!member || !place) return null;
    const who = { userId: user.id, email: user.email, identities: identitiesOf(user.id) };
    const role = roleOf(operators, who, member.role);
    return {
      sub: user.id,
      org,
      name: user.name,
      tier: place.tier,
      region: place.region ?? user.region,
      role,
    };
  };
  const lastPerson = (user: UserRow): Person => {
    const person = (user.lastOrg && personOf(user, user.lastOrg)) || personOf(user, user.homeOrg);
    if (!person) throw new Error('a person without a personal organisation');
    return person;
  };

  return {
    ...memorySessions(tables),
    async findOrCreatePerson(email, name, region) {
      const address = email.toLowerCase();
      return lastPerson(byEmail(address) ?? create(address, name, region));
    },
    async signIn(login, region, onTakeOver) {
      const { issuer, subject, email } = login;
      const identity = identityName(issuer, subject);
      const holder = email === null ? undefined : byEmail(email);
      const atIssuer = (user: UserRow) =>
        identitiesOf(user.id).some((name) => name.startsWith(identityName(issuer, '')));
      if (holder && identities.get(identity) !== holder.id && atIssuer(holder)) holder.email = null;
      const known = users.get(identities.get(identity) ?? ('' as UserRow['id']));
      const user =
        known ?? (email === null ? undefined : byEmail(email)) ?? create(email, login.name, region);
      if (!known && identitiesOf(user.id).length === 0) {
        const sessions = endEvery(tables, user.id, clock.nowMs());
        for (const sent of tables.invitations) if (sent.invitedBy === user.id) sent.revoked = true;
        if (sessions > 0) onTakeOver?.({ sessions, keys: 0 });
      }
      identities.set(identity, user.id);
      user.name = login.name;
      if (email !== null && !byEmail(email)) user.email = email;
      if (email !== null) takeUp(tables, user, email, clock.nowMs());
      if (login.groups !== null) fillTeams(tables, user, login.groups);
      return lastPerson(user);
    },
    async personIn(userId, org) {
      const user = users.get(userId);
      return user ? personOf(user, org) : null;
    },
    async actIn(userId, org) {
      const user = users.get(userId);
      const person = user ? personOf(user, org) : null;
      if (user && person) user.lastOrg = org;
      return person;
    },
    async emailOf(userId) {
      return users.get(userId)?.email ?? null;
    },
  };
}

function takeUp(tables: MemoryTables, user: UserRow, email: string, nowMs: number): void {
  const before = new Set(tables.members.keys());
  const domain = email.slice(email.lastIndexOf('@') + 1);
  for (const org of tables.orgs.values()) {
    if (org.emailDomain !== domain) continue;
    tables.join(org.id, user.id, 'member', nowMs);
    if (tables.memberOf(org.id, user.id)) user.lastOrg ??= org.id;
  }
  for (const invitation of tables.invitations) {
    const open = !invitation.acceptedBy && !invitation.revoked && invitation.expiresAtMs > nowMs;
    if (!open || invitation.email !== email) continue;
    tables.join(invitation.org, user.id, invitation.role, nowMs);
    if (tables.memberOf(invitation.org, user.id)) invitation.acceptedBy = user.id;
  }
  // Who comes back: edges may still hold that he is no member.
  for (const [name, { org, userId }] of tables.members) {
    const subject = memberSubject(userId, org);
    if (!before.has(name) && tables.changes.has(subject)) tables.noteChange(subject, nowMs);
  }
}

function fillTeams(tables: MemoryTables, user: UserRow, groups: NonNullable<Login['groups']>): void {
  for (const team of tables.teams) {
    const filled = team.providerGroup !== null && groups.includes(team.providerGroup);
    if (filled && tables.memberOf(team.org, user.id) && !team.members.has(user.id))
      team.members.set(user.id, 'provider');
    if (!filled && team.members.get(user.id) === 'provider') team.members.delete(user.id);
  }
}
