/**
 * A decision against the caller as the error he gets, the same at the edge and in a cell. What he may not see
 * is `not_found`, word for word as if it were not there; the rest says what is missing and who can help.
 */
import { assertNever } from '../assert-never.ts';
import { CellbookError } from '../errors.ts';
import type { WorkspaceId } from '../ids.ts';
import type { Caller, Decision } from './access.ts';
import { type Permission, permissionsOfScope, scopeSchema } from './permissions.ts';

export type Because = Extract<Decision, { allowed: false }>['because'];

export interface Refused {
  caller: Caller;
  permission: Permission;
  because: Because;
  /** Of whom and of what the caller asked. */
  workspaceId?: WorkspaceId;
}

export function refusalOf(refused: Refused): CellbookError {
  const { because, permission, caller, workspaceId } = refused;
  const ids = { permission, ...(workspaceId !== undefined && { workspaceId }) };
  switch (because) {
    case 'unseen':
      return unseen(permission, workspaceId);
    case 'role':
      return new CellbookError('forbidden', {
        doing: 'checking what you may do here',
        problem: `your role, ${caller.role}, does not include ${permission}`,
        next: 'Ask an admin of your organisation for it.',
        ids,
      });
    case 'scope':
      return new CellbookError('scope_insufficient', {
        doing: 'checking what this key may do',
        problem: `it is restricted to ${caller.scopes?.join(', ') || 'nothing'}, which does not include ${permission}`,
        next: `Use a key with the scope ${scopesFor(permission).join(' or ')}.`,
        ids,
      });
    case 'origin':
      return new CellbookError('forbidden', {
        doing: 'checking what the request may touch',
        problem: 'this sign-in is for the notebooks of one workspace only',
        next: 'Use the console, or a key of yours.',
        ids,
      });
    default:
      return assertNever(because);
  }
}

const scopesFor = (permission: Permission): string[] =>
  scopeSchema.options.filter((scope) => permissionsOfScope[scope].includes(permission));

/** Also what is answered where there really is nothing, so that the two cannot be told apart. */
export function unseen(permission: Permission, workspaceId?: WorkspaceId): CellbookError {
  if (workspaceId !== undefined)
    return new CellbookError('not_found', {
      doing: `looking for workspace ${workspaceId}`,
      problem: 'there is no such workspace among yours',
      next: 'GET /v1/workspaces lists yours.',
      ids: { workspaceId },
    });
  return new CellbookError('not_found', {
    doing: `looking for what ${permission} is about`,
    problem: 'there is no such thing among yours',
    next: 'GET /v1/me says who you are and in which organisation you act.',
  });
}
