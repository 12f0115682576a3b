/**
 * People: who they are at their providers, where they are signed in, and what they are in an organisation.
 * A person is (issuer, subject). An address only leads to a person who has no identity at that provider yet, and
 * only where the provider has verified it: whoever may change his address there would else be whom he likes.
 * Both implementations pass the suite in people.test.ts.
 */
import { roleSchema } from '@cellbook/shared/access/permissions.ts';
import type { OrgId, RegionId, UserId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import type { Person } from '../identity/identity.ts';

/** What an admin gives; `operator` comes from the platform's configuration alone. */
export const memberRoleSchema = roleSchema.exclude(['operator']).meta({ title: 'MemberRole' });
export type MemberRole = z.infer<typeof memberRoleSchema>;

/** What of an account's maker was ended when a provider vouched for somebody else as its owner. */
export interface TakenOver {
  sessions: number;
  keys: number;
}

/** Somebody whom a provider has just vouched for. */
export interface Login {
  issuer: string;
  subject: string;
  name: string;
  /** Verified by the provider, in lower case; else null. */
  email: string | null;
  /** The provider's groups; null where it says nothing of them. */
  groups: readonly string[] | null;
}

export const sessionRowSchema = z.object({
  id: z.string(),
  org: z.string(),
  provider: z.string(),
  browser: z.string(),
  address: z.string(),
  createdAtMs: z.int(),
  lastSeenAtMs: z.int(),
  expiresAtMs: z.int(),
});
export type SessionRow = z.infer<typeof sessionRowSchema>;

export interface NewSession extends SessionRow {
  userId: UserId;
  org: OrgId;
}

export interface People {
  /** For the development sign-in, which takes an address at its word. In the organisation last acted in. */
  findOrCreatePerson(email: string, name: string, region: RegionId): Promise<Person>;
  /**
   * The person of this identity; else the one of the verified address, who has the identity from then on; else
   * a new one. Takes up what waits for him: invitations to his verified address, the organisation of its domain,
   * teams that his groups fill. What the maker of an account that nobody had vouched for could still come in by is
   * ended then (take-over.ts), and told.
   */
  signIn(login: Login, region: RegionId, onTakeOver?: (ended: TakenOver) => void): Promise<Person>;
  /** What he is in this organisation now; null where he is no member of it. */
  personIn(userId: UserId, org: OrgId): Promise<Person | null>;
  /** As `personIn`, and remembers the organisation for the next sign-in. */
  actIn(userId: UserId, org: OrgId): Promise<Person | null>;
  emailOf(userId: UserId): Promise<string | null>;

  startSession(session: NewSession): Promise<void>;
  /** Live ones, newest first. */
  listSessions(userId: UserId, nowMs: number): Promise<SessionRow[]>;
  /** Notes that a session is in use, at most once in `limits.edge.sessionSeenMs`. */
  seeSession(id: string, nowMs: number): Promise<void>;
  /** The session, where it was this user's and live; it is among the revocations from then on. */
  endSession(userId: UserId, id: string, nowMs: number): Promise<SessionRow | null>;
}
