/**
 * Who may do what: the one place that decides it, for the edge's routes and the cells' alike. Every route names
 * one permission; the caller's role in his organisation, the scopes of his key and whose the thing is give the
 * answer. This table is the specification: its test reads it from this comment and tries every cell.
 *
 * "own": the thing belongs to the caller (or there is no thing yet); "org": to another member of the caller's
 * organisation, or to the organisation itself; "foreign": to anybody else. An operator runs the platform: he
 * sees and repairs every workspace, and reads nobody's files, secrets or kernels.
 *
 * | permission        | viewer own | member own | admin own | operator own | viewer org | member org | admin org | operator org | operator foreign |
 * | ----------------- | ---------- | ---------- | --------- | ------------ | ---------- | ---------- | --------- | ------------ | ---------------- |
 * | workspace.list    | yes        | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | workspace.read    | yes        | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | workspace.create  | no         | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | workspace.operate | no         | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | workspace.recover | no         | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | notebook.read     | yes        | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | notebook.use      | no         | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | secret.read       | yes        | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | secret.write      | no         | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | org_secret.read   | no         | no         | no        | no           | yes        | yes        | yes       | yes          | no               |
 * | org_secret.write  | no         | no         | no        | no           | no         | no         | yes       | yes          | no               |
 * | audit.read        | yes        | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | key.read          | yes        | yes        | yes       | yes          | no         | no         | yes       | yes          | no               |
 * | key.write         | no         | yes        | yes       | yes          | no         | no         | yes       | yes          | no               |
 * | org.read          | no         | no         | no        | no           | yes        | yes        | yes       | yes          | yes              |
 * | org.manage        | no         | no         | no        | no           | no         | no         | yes       | yes          | yes              |
 * | account.read      | yes        | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | account.write     | yes        | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | job.list          | yes        | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | job.read          | yes        | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | job.result        | yes        | yes        | yes       | yes          | no         | no         | yes       | yes          | no               |
 * | job.submit        | no         | yes        | yes       | yes          | no         | no         | no        | no           | no               |
 * | job.operate       | no         | yes        | yes       | yes          | no         | no         | yes       | yes          | yes              |
 * | gpu.read          | no         | no         | no        | no           | no         | no         | no        | no           | yes              |
 * | gpu.manage        | no         | no         | no        | no           | no         | no         | no        | no           | yes              |
 * | cell.read         | no         | no         | no        | no           | no         | no         | no        | no           | yes              |
 * | cell.manage       | no         | no         | no        | no           | no         | no         | no        | no           | yes              |
 *
 * What a viewer, member or admin may do to something foreign is: nothing.
 */
import type { Permission, Role, Scope } from './permissions.ts';
import { permissionsOfScope } from './permissions.ts';

/** Whose the thing is, seen from the caller. */
export type Relation = 'own' | 'org' | 'foreign';

export interface Caller {
  role: Role;
  /** Null: a person signed in, or a key made without a restriction. */
  scopes: readonly Scope[] | null;
  /** `workspace`: a page of a workspace's own origin, which may be anybody's output. */
  via: 'session' | 'workspace' | 'token';
}

export type Decision =
  | { allowed: true }
  /** `unseen`: answer as if there were no such thing; `role`, `scope`, `origin`: say what is missing. */
  | { allowed: false; because: 'unseen' | 'role' | 'scope' | 'origin' };

export function decide(caller: Caller, permission: Permission, relation: Relation): Decision {
  if (!roleAllows(caller.role, permission, relation)) return refusal(caller.role, permission, relation);
  if (caller.via === 'workspace' && !ofWorkspacePages.includes(permission))
    return { allowed: false, because: 'origin' };
  const { scopes } = caller;
  if (scopes !== null && !scopes.some((scope) => permissionsOfScope[scope].includes(permission)))
    return { allowed: false, because: 'scope' };
  return { allowed: true };
}

/** Somebody else's thing stays unseen unless the caller may at least read it. */
function refusal(role: Role, permission: Permission, relation: Relation): Decision {
  if (relation === 'own') return { allowed: false, because: 'role' };
  const reading = readingOf(permission);
  return { allowed: false, because: roleAllows(role, reading, relation) ? 'role' : 'unseen' };
}

const readingOf = (permission: Permission): Permission => {
  if (permission.startsWith('workspace.') || permission.startsWith('notebook.')) return 'workspace.read';
  if (permission.startsWith('org'))
    return permission.startsWith('org_secret') ? 'org_secret.read' : 'org.read';
  if (permission.startsWith('key.')) return 'key.read';
  if (permission.startsWith('job.')) return 'job.read';
  if (permission.startsWith('gpu.')) return 'gpu.read';
  return permission.startsWith('cell.') ? 'cell.read' : permission;
};

/** What a workspace's own pages need: its notebooks, and to see how it is. */
const ofWorkspacePages: readonly Permission[] = ['notebook.read', 'notebook.use', 'workspace.read'];

const readOwn: readonly Permission[] = [
  'workspace.list',
  'workspace.read',
  'notebook.read',
  'secret.read',
  'audit.read',
  'key.read',
  'job.list',
  'job.read',
  'job.result',
  'account.read',
  'account.write',
];
const actOwn: readonly Permission[] = [
  ...readOwn,
  'workspace.create',
  'workspace.operate',
  'workspace.recover',
  'notebook.use',
  'secret.write',
  'key.write',
  'job.submit',
  'job.operate',
];
const seeOrg: readonly Permission[] = ['org_secret.read', 'org.read'];
const runOrg: readonly Permission[] = [
  ...seeOrg,
  'workspace.list',
  'workspace.read',
  'workspace.operate',
  'workspace.recover',
  'org_secret.write',
  'audit.read',
  'key.read',
  'key.write',
  'job.list',
  'job.read',
  'job.result',
  'job.operate',
  'org.manage',
];
const runPlatform: readonly Permission[] = [
  'workspace.list',
  'workspace.read',
  'workspace.operate',
  'workspace.recover',
  'audit.read',
  'job.list',
  'job.read',
  'job.operate',
  'org.read',
  'org.manage',
  'gpu.read',
  'gpu.manage',
  'cell.read',
  'cell.manage',
];

const allowed: Record<Role, Record<Relation, readonly Permission[]>> = {
  viewer: { own: readOwn, org: seeOrg, foreign: [] },
  member: { own: actOwn, org: seeOrg, foreign: [] },
  admin: { own: actOwn, org: runOrg, foreign: [] },
  operator: { own: actOwn, org: runOrg, foreign: runPlatform },
};

const roleAllows = (role: Role, permission: Permission, relation: Relation): boolean =>
  allowed[role][relation].includes(permission);
