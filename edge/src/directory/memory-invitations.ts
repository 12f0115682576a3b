/** Invitations in memory: for tests and simulation. */
import { limits } from '@cellbook/shared/limits.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import type { MemoryTables } from './memory-tables.ts';
import { noRoom, tooMany } from './org-refusals.ts';
import { type Invitation, invitationSchema, type Orgs, orgSchema } from './orgs.ts';

export function memoryInvitations(
  tables: MemoryTables,
): Pick<Orgs, 'invite' | 'invitations' | 'revokeInvitation' | 'findInvitation' | 'accept'> {
  const { invitations } = tables;
  const shown = (row: Invitation): Invitation => invitationSchema.parse(row);
  const open = (nowMs: number) =>
    invitations.filter((row) => !row.acceptedBy && !row.revoked && row.expiresAtMs > nowMs);
  const find = (id: string, hash: string, nowMs: number) =>
    open(nowMs).find((row) => row.id === id && row.hash === hash);
  return {
    async invite(invitation) {
      const present = invitations.find(({ id, org }) => id === invitation.id && org === invitation.org);
      if (present) return shown(present);
      const { org, createdAtMs } = invitation;
      if (!tables.hasRoom(org)) throw noRoom(`inviting to ${org}`, { org });
      if (open(createdAtMs).filter((row) => row.org === org).length >= limits.edge.invitationsPerOrgMax)
        throw tooMany('open invitations', limits.edge.invitationsPerOrgMax, `inviting to ${org}`, { org });
      invitations.unshift({ ...invitation, acceptedBy: null, revoked: false });
      return shown(invitation);
    },
    async invitations(id, nowMs) {
      return open(nowMs)
        .filter(({ org }) => org === id)
        .map(shown);
    },
    async revokeInvitation(id, invitation, nowMs) {
      const row = open(nowMs).find((one) => one.id === invitation && one.org === id);
      if (row) row.revoked = true;
      return row !== undefined;
    },
    async findInvitation(invitation, hash, nowMs) {
      const row = find(invitation, hash, nowMs);
      return row
        ? { org: orgSchema.parse(tables.orgs.get(row.org)), role: row.role, email: row.email }
        : null;
    },
    async accept(invitation, hash, userId, nowMs) {
      const row = find(invitation, hash, nowMs);
      if (!row || (row.email !== null && row.email !== tables.users.get(userId)?.email)) return null;
      tables.join(row.org, userId, row.role, nowMs);
      if (!tables.memberOf(row.org, userId)) throw noRoom('joining an organisation', {});
      row.acceptedBy = userId;
      tables.noteChange(memberSubject(userId, row.org), nowMs);
      return row.org;
    },
  };
}
