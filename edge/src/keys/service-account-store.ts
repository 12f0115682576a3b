/**
 * Service accounts: members of an organisation that are no person. Each has a user's id, so that it has a home
 * cell and workspaces as a person has; it never signs in and acts with keys alone. Both implementations pass the
 * suite in service-account-store.test.ts.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type OrgId, orgIdSchema, regionIdSchema, type UserId, userIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { memberRoleSchema } from '../directory/people.ts';

export const serviceAccountSchema = z.object({
  id: userIdSchema,
  orgId: orgIdSchema,
  name: z.string(),
  role: memberRoleSchema,
  region: regionIdSchema,
  createdBy: userIdSchema,
  createdAtMs: z.int(),
  /** Its keys died then, for good. */
  disabledAtMs: z.int().nullable(),
});
export type ServiceAccount = z.infer<typeof serviceAccountSchema>;

export interface ServiceAccountChange {
  name?: string | undefined;
  role?: z.infer<typeof memberRoleSchema> | undefined;
  disabled?: boolean | undefined;
}

export interface ServiceAccountStore {
  /** As there is now of this id; throws `quota_exceeded` past `limits.edge.serviceAccountsPerOrgMax`. */
  create(account: Omit<ServiceAccount, 'disabledAtMs'>): Promise<ServiceAccount>;
  /** Oldest first. */
  list(orgId: OrgId): Promise<ServiceAccount[]>;
  get(orgId: OrgId, id: UserId): Promise<ServiceAccount | null>;
  /** Null when there is none. Disabling one revokes its keys; another role is noted for the keys it has. */
  change(
    orgId: OrgId,
    id: UserId,
    change: ServiceAccountChange,
    nowMs: number,
  ): Promise<ServiceAccount | null>;
}

export function tooManyServiceAccounts(orgId: OrgId): CellbookError {
  return new CellbookError('quota_exceeded', {
    doing: 'creating a service account',
    problem: `this organisation has ${limits.edge.serviceAccountsPerOrgMax} service accounts, which is the limit`,
    next: 'Use one it has; give it another key.',
    ids: { orgId },
  });
}
