/** The words of access.ts: roles in an organisation, permissions that routes name, scopes that keys carry. */
import { z } from 'zod';

/** `operator` runs the platform and is given by its configuration; the others by an organisation's admins. */
export const roleSchema = z.enum(['viewer', 'member', 'admin', 'operator']).meta({ title: 'Role' });
export type Role = z.infer<typeof roleSchema>;

export const permissionSchema = z.enum([
  'workspace.list',
  'workspace.read',
  'workspace.create',
  /** Suspend, resume, rename, delete and bring back. */
  'workspace.operate',
  'workspace.recover',
  /** Files, versions, kernels and sessions as they are; wakes nothing. */
  'notebook.read',
  /** Kernels, terminals, and every change of files. */
  'notebook.use',
  /** Names only: no answer ever carries a value. */
  'secret.read',
  'secret.write',
  'org_secret.read',
  'org_secret.write',
  'audit.read',
  'key.read',
  'key.write',
  /** Members, teams, policies and quotas. */
  'org.read',
  'org.manage',
  /** One's own profile, organisations and sessions. */
  'account.read',
  'account.write',
  /** GPU jobs: that they are there and how they go. */
  'job.list',
  'job.read',
  /** Their prompts, logs and results. */
  'job.result',
  'job.submit',
  /** Cancel. */
  'job.operate',
  /** A region's GPUs: its hosts, what is contained there, its customers' shares. */
  'gpu.read',
  'gpu.manage',
  /** Cells and pin tables. */
  'cell.read',
  'cell.manage',
]);
export type Permission = z.infer<typeof permissionSchema>;

export const scopeSchema = z
  .enum([
    'workspaces:read',
    'workspaces',
    'notebooks:read',
    'notebooks',
    'jobs:read',
    'jobs',
    'secrets',
    'audit',
    'keys',
    'org',
    'platform',
  ])
  .meta({ title: 'Scope' });
export type Scope = z.infer<typeof scopeSchema>;

/** Whatever a key is for, its holder may ask whose it is. */
const whoAmI = ['account.read'] as const;
const readWorkspaces = [...whoAmI, 'workspace.list', 'workspace.read'] as const;

const readJobs = [...whoAmI, 'job.list', 'job.read', 'job.result'] as const;

export const permissionsOfScope: Record<Scope, readonly Permission[]> = {
  'workspaces:read': readWorkspaces,
  workspaces: [...readWorkspaces, 'workspace.create', 'workspace.operate', 'workspace.recover'],
  'notebooks:read': [...whoAmI, 'workspace.read', 'notebook.read'],
  notebooks: [...whoAmI, 'workspace.read', 'notebook.read', 'notebook.use'],
  'jobs:read': readJobs,
  jobs: [...readJobs, 'job.submit', 'job.operate'],
  secrets: [...whoAmI, 'secret.read', 'secret.write', 'org_secret.read', 'org_secret.write'],
  audit: [...whoAmI, 'audit.read'],
  keys: [...whoAmI, 'key.read', 'key.write'],
  org: [...whoAmI, 'org.read', 'org.manage'],
  platform: [...whoAmI, 'gpu.read', 'gpu.manage', 'cell.read', 'cell.manage', 'workspace.recover'],
};
