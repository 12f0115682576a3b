/** Organisations in memory: for tests and simulation. */
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditPolicy } from '@cellbook/shared/protocol/principal.ts';
import { memoryInvitations } from './memory-invitations.ts';
import { memoryMembers } from './memory-members.ts';
import type { MemoryTables } from './memory-tables.ts';
import { memoryTeams } from './memory-teams.ts';
import { taken, tooMany } from './org-refusals.ts';
import { type Org, type Orgs, orgSchema } from './orgs.ts';

export function createMemoryOrgs({ tables }: { tables: MemoryTables }): Orgs {
  const { orgs, members } = tables;
  const auditPolicies = new Map<OrgId, AuditPolicy>();
  const shown = (org: Org | undefined): Org | null => (org ? orgSchema.parse(org) : null);
  return {
    ...memoryMembers(tables),
    ...memoryInvitations(tables),
    ...memoryTeams(tables),
    async create({ id, name, ownerId }, nowMs) {
      const present = shown(orgs.get(id));
      if (present) return present;
      const made = [...orgs.values()].filter(({ createdBy }) => createdBy === ownerId).length;
      if (made >= limits.edge.orgsMadePerUserMax)
        throw tooMany('organisations of yours', limits.edge.orgsMadePerUserMax, 'creating an organisation', {
          user: ownerId,
        });
      const org: Org = {
        id,
        name,
        kind: 'shared',
        tier: 'free',
        region: null,
        emailDomain: null,
        createdAtMs: nowMs,
      };
      orgs.set(id, { ...org, createdBy: ownerId });
      tables.join(id, ownerId, 'admin', nowMs);
      return org;
    },
    async get(id) {
      return shown(orgs.get(id));
    },
    async listOf(userId) {
      const mine = [...members.values()].filter((member) => member.userId === userId);
      const found = mine.flatMap(({ org, role }) => {
        const place = shown(orgs.get(org));
        return place ? [{ ...place, role }] : [];
      });
      return found.sort(
        (one, other) => order(one.kind, other.kind) || order(one.name, other.name) || order(one.id, other.id),
      );
    },
    async rename(id, name) {
      const org = orgs.get(id);
      if (org) org.name = name;
      return shown(org);
    },
    auditPolicy: async (id) => auditPolicies.get(id) ?? {},
    setAuditPolicy: async (id, policy) => void auditPolicies.set(id, policy),
    async setPolicy(id, { tier, region, emailDomain }, nowMs) {
      const org = orgs.get(id);
      if (!org) return null;
      const isTaken = [...orgs.values()].some(
        (other) => other.id !== id && emailDomain !== null && other.emailDomain === emailDomain,
      );
      if (isTaken)
        throw taken('organisation has this e-mail domain', `setting the policy of ${id}`, { org: id });
      Object.assign(org, { tier, region, emailDomain });
      tables.noteChange(id, nowMs);
      return shown(org);
    },
  };
}

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
