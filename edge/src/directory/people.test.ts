/** One suite for every implementation of people and of organisations. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newInvitationId, newOrgId, newTeamId, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../identity/identity.ts';
import { createD1Orgs } from './d1-orgs.ts';
import { createD1People } from './d1-people.ts';
import { createMemoryOrgs } from './memory-orgs.ts';
import { createMemoryPeople } from './memory-people.ts';
import { MemoryTables } from './memory-tables.ts';
import type { NewInvitation, Org, Orgs } from './orgs.ts';
import type { Login, People } from './people.ts';

const region = regionIdSchema.parse('local');
const far = regionIdSchema.parse('far');
const random = systemRandom;
const unique = () => random.uuid().slice(0, 8);

interface Stores {
  /** Members who are nobody, up to this number in all. */
  fill(org: Org, members: number): Promise<void>;
  people: People;
  orgs: Orgs;
  changed(): Promise<string[]>;
  revoked(): Promise<string[]>;
}

const stores: [string, (clock: ManualClock, operators: ReadonlySet<string>) => Promise<Stores>][] = [
  [
    'memory',
    async (clock, operators) => {
      const tables = new MemoryTables();
      return {
        people: createMemoryPeople({ tables, clock, random, operators }),
        orgs: createMemoryOrgs({ tables }),
        fill: async (org, members) => {
          while (tables.membersOf(org.id).length < members)
            tables.join(org.id, newUserId(random), 'viewer', 0);
        },
        changed: async () => [...tables.changes.keys()],
        revoked: async () => [...tables.revoked.keys()],
      };
    },
  ],
  [
    'D1',
    async (clock, operators) => {
      await applyD1Migrations(env.DIRECTORY, env.MIGRATIONS);
      const db = env.DIRECTORY;
      const column = async (sql: string) => (await db.prepare(sql).raw<[string]>()).map(([value]) => value);
      return {
        people: createD1People({ db, clock, random, operators }),
        orgs: createD1Orgs({ db, clock }),
        fill: async (org, members) => {
          const there = await db
            .prepare('SELECT count(*) AS rows FROM members WHERE org_id = ?')
            .bind(org.id)
            .first<{ rows: number }>();
          const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)';
          const missing = members - (there?.rows ?? 0);
          await db.batch([
            db
              .prepare(
                `INSERT INTO users (id, name, home_org_id, region, created_at) ${numbers} SELECT 'user-' || printf('%020d', i), 'X', ?1, 'local', 0 FROM n`,
              )
              .bind(org.id, missing),
            db
              .prepare(
                `INSERT INTO members ${numbers} SELECT ?1, 'user-' || printf('%020d', i), 'viewer', 0 FROM n`,
              )
              .bind(org.id, missing),
          ]);
        },
        changed: () => column('SELECT subject FROM changes'),
        revoked: () => column('SELECT id FROM revocations'),
      };
    },
  ],
];

let clock: ManualClock;
let people: People;
let orgs: Orgs;
let fill: Stores['fill'];
let changed: Stores['changed'];
let revoked: Stores['revoked'];
let operators: Set<string>;

describe.each(stores)('people on %s', (_, create) => {
  beforeEach(async () => {
    clock = new ManualClock();
    operators = new Set();
    ({ people, orgs, fill, changed, revoked } = await create(clock, operators));
  });

  const login = (change: Partial<Login> = {}): Login => ({
    issuer: 'https://one.example',
    subject: unique(),
    name: 'Ada',
    email: `${unique()}@people.example`,
    groups: null,
    ...change,
  });
  const someone = (change?: Partial<Login>) => people.signIn(login(change), region);
  const shared = async (owner: Person, name = 'Acme'): Promise<Org> =>
    orgs.create({ id: newOrgId(random), name, ownerId: owner.sub }, clock.nowMs());
  const invitation = (org: Org, by: Person, change: Partial<NewInvitation> = {}): NewInvitation => ({
    id: newInvitationId(random),
    org: org.id,
    email: null,
    role: 'member',
    hash: unique(),
    invitedBy: by.sub,
    createdAtMs: clock.nowMs(),
    expiresAtMs: clock.nowMs() + 1_000,
    ...change,
  });
  const member = async (org: Org, by: Person, role: NewInvitation['role'] = 'member'): Promise<Person> => {
    const person = await someone();
    const invited = invitation(org, by, { role });
    await orgs.invite(invited);
    await orgs.accept(invited.id, invited.hash, person.sub, clock.nowMs());
    return person;
  };

  describe('signing in', () => {
    test('a first sign-in makes a person with a personal organisation of which they are the admin', async () => {
      const ada = await someone();
      expect(ada).toMatchObject({ name: 'Ada', tier: 'free', region, role: 'admin' });
      expect(await orgs.listOf(ada.sub)).toMatchObject([{ id: ada.org, kind: 'personal', role: 'admin' }]);
    });

    test('the same subject is the same person whatever the address and name become', async () => {
      const first = login();
      const ada = await people.signIn(first, region);
      const moved = { ...first, name: 'Ada L.', email: `${unique()}@new.example` };
      expect(await people.signIn(moved, far)).toEqual({ ...ada, name: 'Ada L.' });
      expect(await people.emailOf(ada.sub)).toBe(moved.email);
    });

    test('the same address at another provider is the same person, when it is verified', async () => {
      const first = login();
      const ada = await people.signIn(first, region);
      const other = { ...first, issuer: 'https://two.example', subject: unique() };
      expect((await people.signIn(other, region)).sub).toBe(ada.sub);
      expect((await people.signIn({ ...other, email: null }, region)).sub).toBe(ada.sub);
    });

    test('an address that is not verified leads to nobody', async () => {
      const first = login();
      const ada = await people.signIn(first, region);
      const other = await someone({ issuer: 'https://two.example', email: null });
      expect(other.sub).not.toBe(ada.sub);
      expect(await people.emailOf(other.sub)).toBeNull();
    });

    test('an address that the same provider gives to another subject is his, and the old person keeps the rest', async () => {
      const first = login();
      const leaver = await people.signIn(first, region);
      const joiner = await people.signIn({ ...first, subject: unique() }, region);
      expect(joiner.sub).not.toBe(leaver.sub);
      expect([await people.emailOf(leaver.sub), await people.emailOf(joiner.sub)]).toEqual([
        null,
        first.email,
      ]);
      expect((await people.signIn({ ...first, email: null }, region)).sub).toBe(leaver.sub);
    });

    test('an address that somebody else has at another provider is not taken from him', async () => {
      const [one, two] = [login(), login({ issuer: 'https://two.example' })];
      const ada = await people.signIn(one, region);
      const eve = await people.signIn(two, region);
      await people.signIn({ ...two, email: one.email }, region);
      expect([await people.emailOf(ada.sub), await people.emailOf(eve.sub)]).toEqual([one.email, two.email]);
    });

    test('a hundred first sign-ins at once make one person', async () => {
      const same = login();
      const all = await Promise.all(Array.from({ length: 100 }, () => people.signIn(same, region)));
      expect(new Set(all.map(({ sub, org }) => `${sub} ${org}`)).size).toBe(1);
    });

    test('the development sign-in finds people by address, whatever its case, and a provider finds them then', async () => {
      const address = `${unique()}@dev.example`;
      const ada = await people.findOrCreatePerson(address, 'Ada', region);
      expect(await people.findOrCreatePerson(address.toUpperCase(), 'Other', far)).toEqual(ada);
      expect(ada).toMatchObject({ name: 'Ada', role: 'admin', region });
      expect((await someone({ email: address })).sub).toBe(ada.sub);
    });
  });

  describe('operators', () => {
    test('are named by address, by user or by subject, and are so in every organisation of theirs', async () => {
      const first = login();
      const ada = await people.signIn(first, region);
      const org = await shared(ada);
      for (const name of [first.email ?? '', ada.sub, `${first.issuer}|${first.subject}`]) {
        operators.clear();
        operators.add(name);
        expect((await people.personIn(ada.sub, org.id))?.role).toBe('operator');
      }
      operators.clear();
      expect((await people.personIn(ada.sub, org.id))?.role).toBe('admin');
    });
  });

  describe('organisations', () => {
    test('one that is made has its maker as admin; asked for again it is the same', async () => {
      const ada = await someone();
      const id = newOrgId(random);
      const made = await orgs.create({ id, name: 'Acme', ownerId: ada.sub }, clock.nowMs());
      expect(await orgs.create({ id, name: 'Other', ownerId: ada.sub }, clock.nowMs() + 5)).toEqual(made);
      expect((await orgs.members(id)).map(({ userId, role }) => [userId, role])).toEqual([
        [ada.sub, 'admin'],
      ]);
      expect((await orgs.listOf(ada.sub)).map(({ kind }) => kind)).toEqual(['personal', 'shared']);
    });

    test('one person makes so many and no more', async () => {
      const ada = await someone();
      for (let made = 0; made < limits.edge.orgsMadePerUserMax; made++) await shared(ada);
      await expect(shared(ada)).rejects.toMatchObject({ code: 'quota_exceeded' });
    });

    test('what an organisation asks of its audit log is kept, and its other policy stays', async () => {
      const org = await shared(await someone());
      expect(await orgs.auditPolicy(org.id)).toEqual({});
      await orgs.setAuditPolicy(org.id, { code: true, days: 90 }, clock.nowMs());
      const policy = { tier: 'paid', region: far, emailDomain: null, quotas: {} } as const;
      await orgs.setPolicy(org.id, policy, clock.nowMs());
      expect(await orgs.auditPolicy(org.id)).toEqual({ code: true, days: 90 });
      await orgs.setAuditPolicy(org.id, {}, clock.nowMs());
      expect(await orgs.auditPolicy(org.id)).toEqual({});
      expect((await orgs.get(org.id))?.region).toBe(far);
    });

    test('a policy says the region and the tier of whoever acts in it, and its domain makes members', async () => {
      const ada = await someone();
      const org = await shared(ada);
      const domain = `${unique()}.example`;
      const policy = {
        tier: 'enterprise',
        region: far,
        emailDomain: domain,
        quotas: { user: { workspaces: 3 } },
      } as const;
      expect(await orgs.setPolicy(org.id, policy, clock.nowMs())).toMatchObject({
        region: far,
        tier: 'enterprise',
      });
      expect(await people.personIn(ada.sub, org.id)).toMatchObject({ region: far, tier: 'enterprise' });
      expect(await changed()).toContain(org.id);
      const colleague = await someone({ email: `bob@${domain}` });
      expect(colleague).toMatchObject({ org: org.id, role: 'member', region: far });
      const stranger = await someone({ email: `bob@not-${domain}` });
      expect(stranger.org).not.toBe(org.id);
    });

    test('two organisations never have one domain', async () => {
      const ada = await someone();
      const [one, two] = [await shared(ada), await shared(ada)];
      const policy = { tier: 'paid', region: null, emailDomain: `${unique()}.example`, quotas: {} } as const;
      await orgs.setPolicy(one.id, policy, clock.nowMs());
      await expect(orgs.setPolicy(two.id, policy, clock.nowMs())).rejects.toMatchObject({ code: 'conflict' });
      expect(await orgs.get(two.id)).toMatchObject({ emailDomain: null, tier: 'free' });
      await expect(orgs.setPolicy(one.id, policy, clock.nowMs())).resolves.toMatchObject({ tier: 'paid' });
    });

    test('who is no member is nothing there', async () => {
      const [ada, eve] = [await someone(), await someone()];
      const org = await shared(ada);
      expect(await people.personIn(eve.sub, org.id)).toBeNull();
      expect(await people.actIn(eve.sub, org.id)).toBeNull();
      expect((await orgs.listOf(eve.sub)).map(({ id }) => id)).not.toContain(org.id);
    });

    test('the organisation last acted in is where the next sign-in leads, until he leaves it', async () => {
      const first = login();
      const eve = await people.signIn(first, region);
      const ada = await someone();
      const org = await shared(ada);
      const invited = invitation(org, ada, { email: first.email });
      await orgs.invite(invited);
      expect((await people.signIn(first, region)).org).toBe(eve.org);
      await people.actIn(eve.sub, org.id);
      expect((await people.signIn(first, region)).org).toBe(org.id);
      await orgs.removeMember(org.id, eve.sub, clock.nowMs());
      expect((await people.signIn(first, region)).org).toBe(eve.org);
    });
  });

  describe('members', () => {
    test('a role that changes leaves a mark, and counts from then on', async () => {
      const ada = await someone();
      const org = await shared(ada);
      const bob = await member(org, ada, 'viewer');
      expect((await people.personIn(bob.sub, org.id))?.role).toBe('viewer');
      expect(await orgs.setRole(org.id, bob.sub, 'admin', clock.nowMs())).toBe('done');
      expect((await people.personIn(bob.sub, org.id))?.role).toBe('admin');
      expect(await changed()).toContain(memberSubject(bob.sub, org.id));
      // What he has open in other organisations is none of this one's.
      expect(await changed()).not.toContain(bob.sub);
    });

    test('the last admin neither leaves nor steps down, until there is another', async () => {
      const ada = await someone();
      const org = await shared(ada);
      const bob = await member(org, ada);
      expect(await orgs.setRole(org.id, ada.sub, 'member', clock.nowMs())).toBe('last_admin');
      expect(await orgs.removeMember(org.id, ada.sub, clock.nowMs())).toBe('last_admin');
      expect(await orgs.setRole(org.id, ada.sub, 'admin', clock.nowMs())).toBe('done');
      await orgs.setRole(org.id, bob.sub, 'admin', clock.nowMs());
      expect(await orgs.removeMember(org.id, ada.sub, clock.nowMs())).toBe('done');
      expect(await people.personIn(ada.sub, org.id)).toBeNull();
    });

    test('two admins who leave at once do not both leave', async () => {
      const ada = await someone();
      const org = await shared(ada);
      const bob = await member(org, ada, 'admin');
      const outcomes = await Promise.all(
        [ada, bob].map(({ sub }) => orgs.removeMember(org.id, sub, clock.nowMs())),
      );
      expect(outcomes.sort()).toEqual(['done', 'last_admin']);
    });

    test('a personal organisation keeps its owner as its admin', async () => {
      const ada = await someone();
      expect(await orgs.setRole(ada.org, ada.sub, 'viewer', clock.nowMs())).toBe('personal');
      expect(await orgs.removeMember(ada.org, ada.sub, clock.nowMs())).toBe('personal');
    });

    test('who is not there is absent', async () => {
      const [ada, eve] = [await someone(), await someone()];
      const org = await shared(ada);
      expect(await orgs.setRole(org.id, eve.sub, 'admin', clock.nowMs())).toBe('absent');
      expect(await orgs.removeMember(org.id, eve.sub, clock.nowMs())).toBe('absent');
      // Every edge reads the marks: an admin who names strangers would fill them.
      expect((await changed()).filter((subject) => subject.includes(eve.sub))).toEqual([]);
    });
  });

  describe('invitations', () => {
    test('a link makes one member, once, in time', async () => {
      const [ada, bob, eve] = [await someone(), await someone(), await someone()];
      const org = await shared(ada);
      const link = invitation(org, ada, { role: 'viewer' });
      await orgs.invite(link);
      expect(await orgs.findInvitation(link.id, link.hash, clock.nowMs())).toMatchObject({
        org: { id: org.id, name: 'Acme' },
        role: 'viewer',
      });
      expect(await orgs.findInvitation(link.id, 'wrong', clock.nowMs())).toBeNull();
      expect(await orgs.accept(link.id, 'wrong', bob.sub, clock.nowMs())).toBeNull();
      expect(await orgs.accept(link.id, link.hash, bob.sub, clock.nowMs())).toBe(org.id);
      expect(await orgs.accept(link.id, link.hash, eve.sub, clock.nowMs())).toBeNull();
      expect(await people.personIn(eve.sub, org.id)).toBeNull();
      expect(await orgs.invitations(org.id, clock.nowMs())).toEqual([]);
    });

    test('who was removed does not come back by the link that brought him', async () => {
      const [ada, bob] = [await someone(), await someone()];
      const org = await shared(ada);
      const link = invitation(org, ada);
      await orgs.invite(link);
      await orgs.accept(link.id, link.hash, bob.sub, clock.nowMs());
      await orgs.removeMember(org.id, bob.sub, clock.nowMs());
      expect(await orgs.accept(link.id, link.hash, bob.sub, clock.nowMs())).toBeNull();
      expect(await people.personIn(bob.sub, org.id)).toBeNull();
    });

    test('one that is over or taken back opens nothing', async () => {
      const [ada, bob] = [await someone(), await someone()];
      const org = await shared(ada);
      const [late, back] = [
        invitation(org, ada),
        invitation(org, ada, { expiresAtMs: clock.nowMs() + 9_000 }),
      ];
      await orgs.invite(late);
      await orgs.invite(back);
      expect(await orgs.revokeInvitation(org.id, back.id, clock.nowMs())).toBe(true);
      expect(await orgs.revokeInvitation(org.id, back.id, clock.nowMs())).toBe(false);
      await clock.advance(1_000);
      for (const { id, hash } of [late, back])
        expect(await orgs.accept(id, hash, bob.sub, clock.nowMs())).toBeNull();
    });

    test('one to an address is for whoever has it verified, and is taken up by signing in', async () => {
      const [ada, eve] = [await someone(), await someone()];
      const org = await shared(ada);
      const wanted = login();
      const invited = invitation(org, ada, { email: wanted.email, role: 'admin' });
      await orgs.invite(invited);
      expect(await orgs.accept(invited.id, invited.hash, eve.sub, clock.nowMs())).toBeNull();
      const unverified = await people.signIn({ ...wanted, email: null, subject: unique() }, region);
      expect(await people.personIn(unverified.sub, org.id)).toBeNull();
      const bob = await people.signIn(wanted, region);
      expect((await people.personIn(bob.sub, org.id))?.role).toBe('admin');
    });

    test('another organisation’s are neither listed nor taken back', async () => {
      const [ada, eve] = [await someone(), await someone()];
      const [org, other] = [await shared(ada), await shared(eve)];
      const link = await orgs.invite(invitation(org, ada));
      expect(await orgs.invitations(other.id, clock.nowMs())).toEqual([]);
      expect(await orgs.revokeInvitation(other.id, link.id, clock.nowMs())).toBe(false);
    });
  });

  test('an organisation that is full takes nobody in, by no way, until there is room again', async () => {
    const [ada, bob] = [await someone(), await someone()];
    const org = await shared(ada);
    const domain = `${unique()}.example`;
    const policy = { tier: 'paid', region: null, emailDomain: domain, quotas: {} } as const;
    await orgs.setPolicy(org.id, policy, clock.nowMs());
    const wanted = login();
    const [link, toAddress] = [invitation(org, ada), invitation(org, ada, { email: wanted.email })];
    await orgs.invite(link);
    await orgs.invite(toAddress);
    await fill(org, limits.edge.membersPerOrgMax);
    const full = { code: 'quota_exceeded' };
    await expect(orgs.invite(invitation(org, ada))).rejects.toMatchObject(full);
    await expect(orgs.accept(link.id, link.hash, bob.sub, clock.nowMs())).rejects.toMatchObject(full);
    const [eve, carol] = [await people.signIn(wanted, region), await someone({ email: `carol@${domain}` })];
    for (const person of [bob, eve, carol]) expect(await people.personIn(person.sub, org.id)).toBeNull();
    expect(carol.org).not.toBe(org.id);

    const [, member] = await orgs.members(org.id);
    if (member)
      await orgs.removeMember(org.id, member.role === 'admin' ? carol.sub : member.userId, clock.nowMs());
    expect(await orgs.accept(link.id, link.hash, bob.sub, clock.nowMs())).toBe(org.id);
    expect((await orgs.invitations(org.id, clock.nowMs())).map(({ id }) => id)).toEqual([toAddress.id]);
  });

  describe('teams', () => {
    const team = (org: Org, name: string, providerGroup: string | null = null) =>
      orgs.createTeam({ id: newTeamId(random), org: org.id, name, providerGroup }, clock.nowMs());

    test('are of members alone, and a member who goes leaves them', async () => {
      const [ada, eve] = [await someone(), await someone()];
      const org = await shared(ada);
      const bob = await member(org, ada);
      const { id } = await team(org, 'Research');
      expect(await orgs.setTeamMember(org.id, id, bob.sub, true)).toBe(true);
      expect(await orgs.setTeamMember(org.id, id, eve.sub, true)).toBe(false);
      expect((await orgs.teams(org.id))[0]?.members).toEqual([bob.sub]);
      await orgs.removeMember(org.id, bob.sub, clock.nowMs());
      expect((await orgs.teams(org.id))[0]?.members).toEqual([]);
    });

    test('have names of their own, and are gone when removed, here and nowhere else', async () => {
      const ada = await someone();
      const [org, other] = [await shared(ada), await shared(ada)];
      const { id } = await team(org, 'Research');
      await expect(team(org, 'Research')).rejects.toMatchObject({ code: 'conflict' });
      await orgs.setTeamMember(org.id, id, ada.sub, true);
      expect(await orgs.removeTeam(other.id, id)).toBe(false);
      expect(await orgs.removeTeam(org.id, id)).toBe(true);
      expect(await orgs.teams(org.id)).toEqual([]);
    });

    test('follow the provider’s groups at each sign-in, and leave alone whom an admin put there', async () => {
      const ada = await someone();
      const org = await shared(ada);
      const first = login();
      await orgs.invite(invitation(org, ada, { email: first.email }));
      const filled = await team(org, 'Research', 'research');
      const byHand = await team(org, 'Ops', 'ops');
      const bob = await people.signIn({ ...first, groups: ['research', 'others'] }, region);
      const membersOf = async (id: string) =>
        (await orgs.teams(org.id)).find((one) => one.id === id)?.members ?? [];
      expect(await membersOf(filled.id)).toEqual([bob.sub]);
      await orgs.setTeamMember(org.id, byHand.id, bob.sub, true);
      await people.signIn({ ...first, groups: null }, region);
      expect(await membersOf(filled.id)).toEqual([bob.sub]);
      await people.signIn({ ...first, groups: [] }, region);
      expect([await membersOf(filled.id), await membersOf(byHand.id)]).toEqual([[], [bob.sub]]);
      const stranger = await someone({ groups: ['research'] });
      expect(await membersOf(filled.id)).not.toContain(stranger.sub);
    });
  });

  describe('sessions', () => {
    const session = (person: Person, id = random.uuid()) => ({
      id,
      userId: person.sub,
      org: person.org,
      provider: 'one',
      browser: 'Firefox on Linux',
      address: '192.0.2.1',
      createdAtMs: clock.nowMs(),
      lastSeenAtMs: clock.nowMs(),
      expiresAtMs: clock.nowMs() + 3_600_000,
    });

    test('are listed newest first while they live, and their last use is noted now and then', async () => {
      const ada = await someone();
      const [one, two] = [session(ada), session(ada)];
      await people.startSession(one);
      await people.startSession({ ...two, createdAtMs: clock.nowMs() + 1 });
      expect((await people.listSessions(ada.sub, clock.nowMs())).map(({ id }) => id)).toEqual([
        two.id,
        one.id,
      ]);
      const seen = async () => (await people.listSessions(ada.sub, clock.nowMs()))[1]?.lastSeenAtMs;
      await people.seeSession(one.id, clock.nowMs() + 1);
      expect(await seen()).toBe(one.lastSeenAtMs);
      await people.seeSession(one.id, clock.nowMs() + limits.edge.sessionSeenMs + 1);
      expect(await seen()).toBe(one.lastSeenAtMs + limits.edge.sessionSeenMs + 1);
      await clock.advance(3_600_000);
      expect(await people.listSessions(ada.sub, clock.nowMs())).toEqual([]);
    });

    test('of an account that was made by form end when a provider vouches for somebody as its owner', async () => {
      const address = `${unique()}@dev.example`;
      const maker = await people.findOrCreatePerson(address, 'Eve', region);
      const [before, later] = [session(maker), session(maker)];
      await people.startSession(before);
      const org = await shared(maker);
      const link = invitation(org, maker, { role: 'admin' });
      await orgs.invite(link);
      const ended: unknown[] = [];
      const first = login({ email: address });
      const owner = await people.signIn(first, region, (what) => ended.push(what));
      expect([owner.sub, ended]).toEqual([maker.sub, [{ sessions: 1, keys: 0 }]]);
      expect(await people.listSessions(owner.sub, clock.nowMs())).toEqual([]);
      expect(await revoked()).toContain(before.id);
      const stranger = await someone();
      expect(await orgs.accept(link.id, link.hash, stranger.sub, clock.nowMs())).toBeNull();

      await people.startSession(later);
      const other = { ...first, issuer: 'https://two.example' };
      for (const again of [first, other]) await people.signIn(again, region, (what) => ended.push(what));
      expect(ended).toHaveLength(1);
      expect(await people.listSessions(owner.sub, clock.nowMs())).toHaveLength(1);
    });

    test('one is ended by its owner alone, and revoked then', async () => {
      const [ada, eve] = [await someone(), await someone()];
      const one = session(ada);
      await people.startSession(one);
      expect(await people.endSession(eve.sub, one.id, clock.nowMs())).toBeNull();
      const { userId: _, ...shown } = one;
      expect(await people.endSession(ada.sub, one.id, clock.nowMs())).toEqual(shown);
      expect(await people.endSession(ada.sub, one.id, clock.nowMs())).toBeNull();
      expect(await revoked()).toContain(one.id);
      expect(await people.listSessions(ada.sub, clock.nowMs())).toEqual([]);
    });

    test('somebody who signs in and out without end leaves no more than one mark behind the newest', async () => {
      const [ada, eve] = [await someone(), await someone()];
      const max = limits.edge.endedSessionsPerUserMax;
      const other = session(eve);
      await people.startSession(other);
      const began = Array.from({ length: max + 20 }, (_, nth) => ({
        ...session(ada),
        createdAtMs: clock.nowMs() + nth,
        expiresAtMs: clock.nowMs() + 3_600_000 + nth,
      }));
      const stays = { ...session(ada), expiresAtMs: clock.nowMs() + 4_000_000 };
      const older = { ...session(ada), expiresAtMs: clock.nowMs() + 3_600_000 };
      for (const one of [older, stays]) await people.startSession(one);
      for (const one of began) {
        await people.startSession(one);
        expect(await people.endSession(ada.sub, one.id, clock.nowMs())).not.toBeNull();
      }
      const ids = await revoked();
      expect(ids.filter((id) => began.some((one) => one.id === id))).toHaveLength(max);
      expect(ids).toContain(ada.sub);
      expect((await people.listSessions(ada.sub, clock.nowMs())).map(({ id }) => id)).toEqual([stays.id]);
      expect(await people.listSessions(eve.sub, clock.nowMs())).toHaveLength(1);
      expect(ids).not.toContain(eve.sub);
    });

    test('of more live ones than a person may have the oldest are ended', async () => {
      const ada = await someone();
      const max = limits.edge.sessionsPerUserMax;
      const began = Array.from({ length: max + 2 }, (_, nth) => ({
        ...session(ada),
        expiresAtMs: clock.nowMs() + 3_600_000 + nth,
      }));
      for (const one of began.slice(0, max)) await people.startSession(one);
      expect(await revoked()).not.toContain(ada.sub);
      for (const one of began.slice(max)) await people.startSession(one);
      const live = (await people.listSessions(ada.sub, clock.nowMs())).map(({ id }) => id);
      expect(new Set(live)).toEqual(new Set(began.slice(2).map(({ id }) => id)));
      expect(await revoked()).toContain(ada.sub);
    });
  });
});
