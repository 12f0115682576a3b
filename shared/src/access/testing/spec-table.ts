/** For tests: the table in access.ts's header, and what it lets a request expect. */

import type { Caller, Relation } from '../access.ts';
import {
  type Permission,
  permissionSchema,
  permissionsOfScope,
  type Role,
  roleSchema,
  type Scope,
} from '../permissions.ts';

export interface SpecCell {
  permission: Permission;
  role: Role;
  relation: Relation;
  answer: string;
}

export const relations: readonly Relation[] = ['own', 'org', 'foreign'];

export function parseSpecTable(source: string): SpecCell[] {
  const rows = source
    .split('\n')
    .filter((line) => line.startsWith(' * | '))
    .map((line) =>
      line
        .slice(4)
        .split('|')
        .map((cell) => cell.trim())
        .filter((cell) => cell !== ''),
    );
  const [head = [], , ...body] = rows;
  return body.flatMap(([permission, ...answers]) =>
    answers.map((answer, index) => {
      const [role, relation] = (head[index + 1] ?? '').split(' ');
      return {
        permission: permissionSchema.parse(permission),
        role: roleSchema.parse(role),
        relation: relations.find((one) => one === relation) ?? 'foreign',
        answer,
      };
    }),
  );
}

export type Expected = 'allowed' | 'not_found' | 'forbidden' | 'scope_insufficient';

/** What a workspace's own pages may do to it. */
const byPages: readonly Permission[] = ['notebook.read', 'notebook.use', 'workspace.read'];

/** From the table alone, without `decide`: what is not in it is no. */
export function expectedOf(
  table: readonly SpecCell[],
  caller: Caller,
  permission: Permission,
  relation: Relation,
): Expected {
  const says = (asked: Permission) =>
    table.some(
      (cell) =>
        cell.permission === asked &&
        cell.role === caller.role &&
        cell.relation === relation &&
        cell.answer === 'yes',
    );
  if (!says(permission)) return relation === 'own' || says(lookOf(permission)) ? 'forbidden' : 'not_found';
  if (caller.via === 'workspace' && !byPages.includes(permission)) return 'forbidden';
  const carries = (scope: Scope) => permissionsOfScope[scope].includes(permission);
  return caller.scopes === null || caller.scopes.some(carries) ? 'allowed' : 'scope_insufficient';
}

/** The permission by which a thing is seen at all. */
function lookOf(permission: Permission): Permission {
  const [family] = permission.split('.');
  return permissionSchema.parse(family === 'notebook' ? 'workspace.read' : `${family}.read`);
}
