/** Whose events a caller may read: his own, as an admin his organisation's, as an operator all of this cell. */
import { refusalOf } from '@cellbook/shared/access/refusal.ts';
import type { AuditListQuery } from '@cellbook/shared/protocol/audit.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { mayAlso } from '../../api/access/route-access.ts';
import type { AuditScope } from '../store/audit-store.ts';

type Asked = AuditListQuery['scope'];

export function scopeOf(principal: Principal, asked: Asked): AuditScope {
  const mayOrganisation = mayAlso(principal, 'audit.read', 'org');
  const mayAll = mayAlso(principal, 'audit.read', 'foreign');
  const widest = mayAll ? 'all' : mayOrganisation ? 'organisation' : 'own';
  const wanted = asked ?? widest;
  if ((wanted === 'all' && !mayAll) || (wanted === 'organisation' && !mayOrganisation))
    throw refusalOf({ caller: principal, permission: 'audit.read', because: 'role' });
  if (wanted === 'all') return { kind: 'all' };
  if (wanted === 'organisation') return { kind: 'organisation', orgId: principal.org };
  return { kind: 'own', userId: principal.sub };
}
