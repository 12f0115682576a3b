/** People on D1. A sign-in is one transaction: whoever comes twice at once is made once. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { type Person, personSchema } from '../identity/identity.ts';
import { createBatch } from './d1-batch.ts';
import { d1Sessions } from './d1-sessions.ts';
import { roleOf } from './operators.ts';
import { memberRoleSchema, type People } from './people.ts';
import { byAddress, byIdentity, signInStatements } from './sign-in-statements.ts';
import { takenOver, takeOverStatements } from './take-over.ts';

const rowSchema = personSchema.extend({
  role: memberRoleSchema,
  email: z.string().nullable(),
  identities: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
});

/** What a person is in an organisation; `who` and `where` are SQL for the two ids. */
const personSql = (who: string, where: string) => `
  SELECT users.id AS sub, orgs.id AS org, users.name, users.email, members.role, orgs.tier,
    coalesce(org_policies.region, users.region) AS region,
    (SELECT json_group_array(issuer || '|' || subject) FROM identities WHERE user_id = users.id) AS identities
  FROM users JOIN members ON members.user_id = users.id JOIN orgs ON orgs.id = members.org_id
  LEFT JOIN org_policies ON org_policies.org_id = orgs.id
  WHERE users.id = ${who} AND orgs.id = ${where}`;

/** The organisation last acted in, where he still is a member of it. */
const lastOrg = `coalesce(
  (SELECT org_id FROM members AS last WHERE last.user_id = users.id AND last.org_id = users.last_org_id),
  users.home_org_id)`;

export interface D1PeopleDeps {
  db: D1Database;
  clock: Clock;
  random: Random;
  operators: ReadonlySet<string>;
}

export function createD1People({ db, clock, random, operators }: D1PeopleDeps): People {
  const run = createBatch(db, clock);
  const personOf = (row: unknown): Person => {
    const { email, identities, role, ...person } = rowSchema.parse(row);
    return { ...person, role: roleOf(operators, { userId: person.sub, email, identities }, role) };
  };
  const found = (result: D1Result | undefined): Person | null => {
    const row = result?.results[0];
    return row === undefined ? null : personOf(row);
  };
  const draw = (name: string, region: string) => ({
    name,
    region,
    nowMs: clock.nowMs(),
    userId: newUserId(random),
    orgId: newOrgId(random),
  });

  return {
    ...d1Sessions(db, run),
    async findOrCreatePerson(email, name, region) {
      const statements = byAddress(db, email.toLowerCase(), draw(name, region));
      const person = db
        .prepare(personSql('(SELECT id FROM users WHERE email = ?1)', lastOrg))
        .bind(email.toLowerCase());
      const results = await run([...statements, person]);
      return personOf(results.at(-1)?.results[0]);
    },
    async signIn(login, region, onTakeOver) {
      const drawn = draw(login.name, region);
      const statements = [
        ...takeOverStatements(db, login, drawn.nowMs),
        ...signInStatements(db, login, drawn),
      ];
      const person = db.prepare(personSql(byIdentity, lastOrg)).bind(login.issuer, login.subject);
      const results = await run([...statements, person]);
      const ended = takenOver(login, results);
      if (ended) onTakeOver?.(ended);
      return personOf(results.at(-1)?.results[0]);
    },
    async personIn(userId, org) {
      const [result] = await run([db.prepare(personSql('?1', '?2')).bind(userId, org)]);
      return found(result);
    },
    async actIn(userId, org) {
      const member = 'EXISTS (SELECT 1 FROM members WHERE user_id = ?1 AND org_id = ?2)';
      const [, result] = await run([
        db.prepare(`UPDATE users SET last_org_id = ?2 WHERE id = ?1 AND ${member}`).bind(userId, org),
        db.prepare(personSql('?1', '?2')).bind(userId, org),
      ]);
      return found(result);
    },
    async emailOf(userId) {
      const [result] = await run([db.prepare('SELECT email FROM users WHERE id = ?').bind(userId)]);
      return z.object({ email: z.string().nullable() }).parse(result?.results[0]).email;
    },
  };
}
