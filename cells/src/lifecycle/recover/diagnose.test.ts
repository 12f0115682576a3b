import { describe, expect, it } from 'vitest';
import { diagnose, type Facts } from './diagnose.ts';
import { files, hostId, live, nowMs, resting, row, sandbox } from './testing/facts.ts';

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
