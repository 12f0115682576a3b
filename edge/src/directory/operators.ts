/** Who runs the platform, as its configuration says: the one role that no organisation gives. */
import type { Role } from '@cellbook/shared/access/permissions.ts';
import type { MemberRole } from './people.ts';

/** `issuer|subject`, as an operator is named where his address may change. */
export const identityName = (issuer: string, subject: string): string => `${issuer}|${subject}`;

export function roleOf(
  operators: ReadonlySet<string>,
  who: { userId: string; email: string | null; identities: readonly string[] },
  role: MemberRole,
): Role {
  const names = [who.userId, ...(who.email === null ? [] : [who.email]), ...who.identities];
  return names.some((name) => operators.has(name)) ? 'operator' : role;
}
