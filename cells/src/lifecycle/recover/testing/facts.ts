/** What is known of a workspace that rests in order, and of one that runs so. */
import {
  hostIdSchema,
  newOrgId,
  newSandboxId,
  newUserId,
  newVolumeId,
  newWorkspaceId,
} from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import type { WorkspaceRow } from '../../stores/workspace-row.ts';
import type { Facts } from '../diagnose.ts';

const random = seededRandom(3);
export const hostId = hostIdSchema.parse('eu-1-a');
export const nowMs = 1_750_000_000_000;
export const row: WorkspaceRow = {
  ...{ id: newWorkspaceId(random), ownerId: newUserId(random), orgId: newOrgId(random), tier: 'free' },
  ...{ name: 'a', desired: 'suspended', phase: 'suspended', generation: 1, epoch: 5, dormant: false },
  ...{
    idleSuspendSeconds: null,
    team: null,
    lastRung: null,
    lastResume: null,
    problem: null,
    problemCode: null,
    attempts: 0,
  },
  ...{ retryAtMs: null, leaseHolder: null, leaseExpiresAtMs: null, hostId: null, createdAtMs: nowMs },
  ...{ lastActiveAtMs: nowMs, undoUntilMs: null, purgedAtMs: null, createKey: 'k', revision: 1 },
};
export const files = {
  ...{ workspaceId: row.id, volumeId: newVolumeId(random), version: 3, epoch: 5, root: null },
  ...{ attachedHost: null, sweptVersion: 0, sweeps: 0, doubtfulUntilMs: null },
};
export const resting: Facts = {
  ...{ row, files, rest: null, sandboxes: [], sight: null, knownHosts: [hostId], holder: 'eu-1/me' },
  ...{ isAtWork: false, nowMs },
};
export const sandbox = {
  sandboxId: newSandboxId(random),
  workspaceId: row.id,
  epoch: 5,
  attached: true,
  hostId,
};
export const live: Facts = {
  ...resting,
  row: {
    ...row,
    desired: 'running',
    phase: 'running',
    hostId,
    leaseHolder: 'eu-1/me',
    leaseExpiresAtMs: nowMs + 1,
  },
  files: { ...files, attachedHost: hostId },
  ...{ sandboxes: [sandbox], sight: 'there' },
};
