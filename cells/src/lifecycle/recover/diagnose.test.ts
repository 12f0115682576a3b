import {
  hostIdSchema,
  newOrgId,
  newSandboxId,
  newUserId,
  newVolumeId,
  newWorkspaceId,
} from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import type { WorkspaceRow } from '../stores/workspace-row.ts';
import { diagnose, type Facts } from './diagnose.ts';

const random = seededRandom(3);
const hostId = hostIdSchema.parse('eu-1-a');
const nowMs = 1_750_000_000_000;
const row: WorkspaceRow = {
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
const files = {
  ...{ workspaceId: row.id, volumeId: newVolumeId(random), version: 3, epoch: 5, root: null },
  ...{ attachedHost: null, sweptVersion: 0, sweeps: 0, doubtfulUntilMs: null },
};
const resting: Facts = {
  ...{ row, files, rest: null, sandboxes: [], sight: null, knownHosts: [hostId], holder: 'eu-1/me' },
  ...{ isAtWork: false, nowMs },
};
const sandbox = { sandboxId: newSandboxId(random), workspaceId: row.id, epoch: 5, attached: true, hostId };
const live: Facts = {
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
const states = (facts: Facts) => diagnose(facts).map(({ state }) => state);

describe('what is wrong with a workspace', () => {
  it('is nothing where it rests or runs in order, is being worked on, or is gone for good', () => {
    expect(states(resting)).toEqual([]);
    expect(states(live)).toEqual([]);
    expect(states({ ...live, sight: 'none', isAtWork: true })).toEqual([]);
    expect(states({ ...live, row: { ...live.row, purgedAtMs: nowMs } })).toEqual([]);
  });

  it('is a host that does not answer, and then nothing is known of its sandbox', () => {
    expect(states({ ...live, sight: 'unknown' })).toEqual(['host_silent']);
    expect(states({ ...live, knownHosts: [], sight: 'unknown' })).toEqual(['host_unknown']);
  });

  it('is a newer epoch than the row has, with the files or with a sandbox', () => {
    expect(states({ ...resting, files: { ...files, epoch: 6 } })).toEqual(['files_ahead']);
    expect(states({ ...live, sandboxes: [{ ...sandbox, epoch: 9 }] })).toEqual(['sandbox_ahead']);
  });

  it('is a lease of another only where something is to be done', () => {
    const leased = { ...row, leaseHolder: 'eu-1/dead', leaseExpiresAtMs: nowMs + 1 };
    expect(states({ ...resting, row: leased })).toEqual([]);
    expect(states({ ...resting, row: { ...leased, phase: 'suspending' } })).toEqual([
      'lease_of_another',
      'interrupted',
    ]);
  });

  it('is what is left of it while it rests', () => {
    expect(states({ ...resting, sandboxes: [sandbox], files: { ...files, attachedHost: hostId } })).toEqual([
      'orphaned_sandbox',
      'files_without_owner',
    ]);
  });

  it('is waiting for a retry, or being overdue', () => {
    const failed = { ...row, phase: 'failed', retryAtMs: nowMs + 9, attempts: 4 } as const;
    expect(states({ ...resting, row: failed })).toEqual(['backing_off']);
    const deleted = { ...row, desired: 'deleted', phase: 'deleted', undoUntilMs: nowMs - 1 } as const;
    expect(states({ ...resting, row: deleted })).toEqual(['purge_overdue']);
  });
});
