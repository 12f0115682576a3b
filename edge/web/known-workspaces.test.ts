import { expect, test } from 'vitest';
import type { Workspace } from './api.js';
import { KnownWorkspaces } from './known-workspaces.js';

const workspace = (change: Partial<Workspace> = {}): Workspace => ({
  id: 'ws-1',
  name: 'one',
  desired: 'running',
  phase: 'resuming',
  generation: 5,
  problem: null,
  createdAt: '2026-01-01T00:00:00Z',
  lastActiveAt: '2026-01-01T00:00:00Z',
  undoUntil: null,
  ...change,
});

test('an event that overtook the answer to the same click keeps its phase', () => {
  const known = new KnownWorkspaces();
  known.takeEvent(workspace({ phase: 'running' }));
  known.takeAnswer(workspace({ phase: 'resuming', name: 'renamed' }));
  expect(known.get('ws-1')).toMatchObject({ phase: 'running', name: 'renamed' });
});

test('the answer to a newer click counts whole, to an older one not at all', () => {
  const known = new KnownWorkspaces();
  known.takeEvent(workspace({ phase: 'running' }));
  known.takeAnswer(workspace({ generation: 6, desired: 'suspended', phase: 'suspending' }));
  known.takeAnswer(workspace({ generation: 5, phase: 'resuming' }));
  expect(known.get('ws-1')).toMatchObject({ desired: 'suspended', phase: 'suspending' });
});

test('a list does not undo what events said while it was on its way', () => {
  const known = new KnownWorkspaces();
  known.listAsked();
  known.takeEvent(workspace({ phase: 'running' }));
  known.takeEvent(workspace({ id: 'ws-2' }));
  known.takeList([workspace({ phase: 'resuming' })]);
  expect(known.live().map(({ id, phase }) => [id, phase])).toEqual([
    ['ws-1', 'running'],
    ['ws-2', 'resuming'],
  ]);
});

test('a list after a break brings what is new and drops what is gone', () => {
  const known = new KnownWorkspaces();
  known.takeEvent(workspace());
  known.listAsked();
  known.takeList([workspace({ id: 'ws-3' })]);
  expect(known.live().map(({ id }) => id)).toEqual(['ws-3']);
});

test('what was deleted can be brought back until its time is over', () => {
  const known = new KnownWorkspaces();
  known.takeAnswer(workspace({ desired: 'deleted', undoUntil: '2026-01-08T00:00:00Z' }));
  expect(known.live()).toEqual([]);
  expect(known.deleted(Date.parse('2026-01-07T00:00:00Z'))).toHaveLength(1);
  expect(known.deleted(Date.parse('2026-01-09T00:00:00Z'))).toHaveLength(0);
});
