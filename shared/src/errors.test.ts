import { expect, test } from 'vitest';
import { CellbookError, errorBody, httpStatusByCode, toCellbookError } from './errors.ts';

test('a body carries the code, the text Jupyter clients read, and what to do next', () => {
  const error = new CellbookError('volume_full', {
    doing: 'saving a.ipynb',
    problem: 'the workspace is full (2 GiB)',
    next: 'Delete files, then save again.',
    ids: { workspaceId: 'ws-1' },
  });
  expect(errorBody(error, 'req-1')).toEqual({
    code: 'volume_full',
    message: 'saving a.ipynb: the workspace is full (2 GiB)',
    reason: 'the workspace is full (2 GiB)',
    next: 'Delete files, then save again.',
    ids: { workspaceId: 'ws-1' },
    requestId: 'req-1',
  });
});

test('a bug becomes `internal` and its text stays inside', () => {
  const error = toCellbookError(new TypeError('secret detail'), 'listing workspaces');
  expect(error.code).toBe('internal');
  expect(JSON.stringify(errorBody(error))).not.toContain('secret detail');
  expect(error.cause).toBeInstanceOf(TypeError);
});

test('a typed error passes through unchanged', () => {
  const error = new CellbookError('gone', { doing: 'a', problem: 'b' });
  expect(toCellbookError(error, 'c')).toBe(error);
});

test('no code maps to a status that makes a Jupyter client declare a live kernel dead', () => {
  const unreachable = ['cell_unreachable', 'resume_timeout', 'sandbox_unavailable', 'shutting_down'] as const;
  for (const code of unreachable) expect(httpStatusByCode[code]).toBe(503);
});
