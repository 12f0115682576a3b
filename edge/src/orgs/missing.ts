/** What is not there, or not for the caller: one answer for both. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type OrgId, orgIdSchema, type UserId, userIdSchema } from '@cellbook/shared/ids.ts';

export function missing(what: string, doing: string, next: string): CellbookError {
  return new CellbookError('not_found', { doing, problem: `there is no such ${what}`, next });
}

export function orgIdOf(params: Readonly<Record<string, string>>): OrgId {
  const parsed = orgIdSchema.safeParse(params.orgId);
  if (parsed.success) return parsed.data;
  throw missing('organisation', 'looking for an organisation', 'GET /v1/orgs lists yours.');
}

export function userIdOf(params: Readonly<Record<string, string>>): UserId {
  const parsed = userIdSchema.safeParse(params.userId);
  if (parsed.success) return parsed.data;
  throw noMember(params.userId ?? '');
}

export const noMember = (user: string): CellbookError =>
  missing('member', `looking for member ${user.slice(0, 64)}`, 'Look at the list of members.');
