import { phaseSchema } from '@cellbook/shared/protocol/workspace.ts';
import { expect, test } from 'vitest';
import { isMoving, readState, stateHint, stateLabel, stateWords, titleWithName } from './workspace-state.ts';

const before = { name: 'climate', phase: 'running' };

test('takes the state the cell tells', () => {
  expect(readState(200, { id: 'ws-1', name: 'renamed', phase: 'suspended' }, before)).toEqual({
    name: 'renamed',
    phase: 'suspended',
  });
});

test.each([
  [200, { nonsense: true }, 'unreachable'],
  [0, null, 'unreachable'],
  [503, null, 'unreachable'],
  [401, null, 'signed-out'],
  [403, null, 'signed-out'],
  [404, null, 'deleted'],
  [410, null, 'deleted'],
])('keeps the name when the answer is %s, %o, and says what is the matter', (status, body, phase) => {
  expect(readState(status, body, before)).toEqual({ name: 'climate', phase });
});

test('has words for every phase there is', () => {
  for (const phase of [...phaseSchema.options, 'signed-out', 'unreachable']) {
    expect(stateWords(phase).label, phase).toMatch(/^[A-Z]/);
  }
});

test('says how it came back while it runs, and not once it is suspended again', () => {
  const lastResume = { rung: 'memory', missed: [], durationMs: 400 };
  const state = readState(200, { name: 'a', phase: 'running', lastResume }, before);
  expect(stateHint(state)).toBe('The workspace is running. It came back as it was, in 0.4 s.');
  expect(stateLabel(state)).toBe('Running (memory restored in 0.4 s)');
  expect(stateLabel({ ...state, phase: 'suspended' })).toBe('Suspended');
  expect(stateHint({ ...state, phase: 'suspended' })).not.toContain('came back as');
  expect(stateHint({ ...state, lastResume: null })).toBe('The workspace is running.');
});

test('says where one stands that waits to start, until its turn has come', () => {
  const state = readState(200, { name: 'a', phase: 'resuming', queue: { position: 3, of: 40 } }, before);
  expect(stateLabel(state)).toBe('Waiting to start: 3 of 40');
  expect(stateHint(state)).toContain('Others start first');
  expect(stateLabel({ ...state, queue: null })).toBe('Resuming…');
  expect(stateLabel({ ...state, phase: 'running' })).toBe('Running');
});

test('says of one that could not be brought back what happened and what is safe', () => {
  const state = readState(200, { name: 'a', phase: 'failed', problem: 'no host has room' }, before);
  expect(stateHint(state)).toContain('could not be brought back: no host has room');
  expect(stateHint(state)).toContain('saved files are safe');
  expect(stateHint({ ...state, phase: 'running' })).not.toContain('no host');
});

test('only what is on its way is moving', () => {
  expect(phaseSchema.options.filter(isMoving)).toEqual(['resuming', 'suspending']);
});

test.each([
  ['JupyterLab', 'climate', 'climate'],
  ['Untitled.ipynb - JupyterLab', 'climate', 'Untitled.ipynb - climate'],
  ['JupyterLab (auto-x)', 'climate', 'climate (auto-x)'],
  ['JupyterLab notes.md - other', 'climate', 'JupyterLab notes.md - other'],
  ['JupyterLab', '$& $1', '$& $1'],
  ['JupyterLab', '', 'JupyterLab'],
])('the title %s in the workspace %s is %s', (title, name, expected) => {
  expect(titleWithName(title, name)).toBe(expected);
});
