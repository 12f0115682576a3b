import { expect, test } from 'vitest';
import type { WorkspaceDetails } from '../clients/typescript/client.ts';
import { cameBack, describeWorkspace } from './describe-workspace.ts';

const lastResume: NonNullable<WorkspaceDetails['lastResume']> = {
  rung: 'cold',
  missed: [{ rung: 'live', cause: 'gone', why: 'its host was restarted' }],
  steps: [{ step: 'start_sandbox', durationMs: 2_100 }],
  durationMs: 2_345,
  at: '2026-03-01T12:00:00.000Z',
};
const workspace: WorkspaceDetails = {
  ...{ id: 'ws-1', ownerId: 'user-1', name: 'climate', desired: 'suspended', phase: 'suspended' },
  ...{ generation: 2, team: null, idleSuspendSeconds: 1_200, lastRung: 'cold', lastResume, problem: null },
  ...{ createdAt: '2026-03-01T11:00:00.000Z', lastActiveAt: '2026-03-01T12:30:00.000Z', undoUntil: null },
  kept: 'live',
  queue: null,
};

test('shows the rung and its time in a column, and nothing before the first start', () => {
  expect(cameBack(workspace)).toBe('cold 2.35 s');
  expect(cameBack({ ...workspace, lastResume: null })).toBe('');
});

test('says by which rung it came back, why by no better one, and what is kept now', () => {
  expect(describeWorkspace(workspace)).toEqual([
    'climate (ws-1) is suspended',
    'last used   2026-03-01 12:30:00',
    'suspended   after 20 minutes unused',
    'kept        its memory, paused where it ran',
    'came back   by cold in 2.35 s (start_sandbox 2100 ms)',
    'not by      live: its host was restarted',
  ]);
});

test('of one that runs it says nothing of what is kept, and of one that is never suspended just that', () => {
  const running = { ...workspace, phase: 'running', idleSuspendSeconds: null, lastResume: null } as const;
  expect(describeWorkspace(running)).toEqual([
    'climate (ws-1) is running',
    'last used   2026-03-01 12:30:00',
    'suspended   never',
  ]);
});

test('of one that waits for its turn to start it says which', () => {
  const waiting = { ...workspace, phase: 'resuming', queue: { position: 3, of: 40 } } as const;
  expect(describeWorkspace(waiting)[1]).toBe('its turn    is number 3 of 40 that wait to start');
});
