/** What the directories in memory share: for tests and simulation. */
import type { OrgId, RegionId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { NewInvitation, Org, Team } from './orgs.ts';
import type { MemberRole, NewSession } from './people.ts';

export interface UserRow {
  id: UserId;
  email: string | null;
  name: string;
  homeOrg: OrgId;
  lastOrg: OrgId | null;
  region: RegionId;
}

export interface TeamRow extends Omit<Team, 'members'> {
  org: OrgId;
  members: Map<UserId, 'hand' | 'provider'>;
}

export class MemoryTables {
  readonly users = new Map<UserId, UserRow>();
  readonly orgs = new Map<OrgId, Org & { createdBy: UserId | null }>();
  /** `issuer|subject` to the person. */
  readonly identities = new Map<string, UserId>();
  /** `org user` to what he is there. */
  readonly members = new Map<string, { org: OrgId; userId: UserId; role: MemberRole; createdAtMs: number }>();
  readonly invitations: (NewInvitation & { acceptedBy: UserId | null; revoked: boolean })[] = [];
  readonly teams: TeamRow[] = [];
  readonly sessions: NewSession[] = [];
  /** Ids of sessions and keys that ended before their time, and when they would have. */
  readonly revoked = new Map<string, number>();
  /** Ended sessions that are told apart. */
  readonly ended = new Map<string, { userId: string; untilMs: number }>();
  /** Whose claims changed, and when. */
  readonly changes = new Map<string, number>();

  memberOf(org: string, userId: string) {
    return this.members.get(`${org} ${userId}`);
  }

  hasRoom(org: string): boolean {
    return this.membersOf(org).length < limits.edge.membersPerOrgMax;
  }

  /** Where there is room. */
  join(org: OrgId, userId: UserId, role: MemberRole, createdAtMs: number): void {
    if (this.memberOf(org, userId) || !this.hasRoom(org)) return;
    this.members.set(`${org} ${userId}`, { org, userId, role, createdAtMs });
  }

  membersOf(org: string) {
    return [...this.members.values()].filter((member) => member.org === org);
  }

  noteChange(subject: string, nowMs: number): void {
    this.changes.set(subject, Math.max(nowMs, ...[...this.changes.values()].map((atMs) => atMs + 1)));
  }
}
