import { findingsEvent as sharedName } from '@cellbook/shared/protocol/findings-api.ts';
import { expect, test } from 'vitest';
import { findingNews, findingsEvent } from './finding-words.ts';

const finding = {
  rule: 'github/GITHUB_TOKEN',
  cell: 2,
  part: 'source',
  line: 5,
  hint: 'ghp_… (40 characters)',
};
const emission = (findings: object[], path = 'work/a.ipynb') => ({
  schema_id: findingsEvent,
  path,
  count: findings.length,
  findings,
});

test('listens to the event that the cell emits', () => {
  expect(findingsEvent).toBe(sharedName);
});

test('says in which file and which cell, counted as people count', () => {
  expect(findingNews(emission([finding]))?.text).toBe(
    'a.ipynb has what looks like a credential (cell 3). Keep it as a secret instead.',
  );
  expect(findingNews(emission([{ ...finding, cell: null }, finding]))?.text).toContain('(line 5 and 1 more)');
  const long = findingNews(emission([finding, finding], `${'n'.repeat(200)}.ipynb`));
  expect(long?.text?.length).toBeLessThanOrEqual(140);
});

test('a file that is clean again has nothing to say, and another event is not for it', () => {
  expect(findingNews(emission([]))).toEqual({ path: 'work/a.ipynb', key: '', text: null });
  expect(findingNews({ schema_id: 'other', path: 'a', count: 0, findings: [] })).toBeNull();
});

test('a save that changes nothing about it is the same news', () => {
  const moved = { ...finding, line: 9 };
  expect(findingNews(emission([finding]))?.key).toBe(findingNews(emission([moved]))?.key);
  expect(findingNews(emission([finding]))?.key).not.toBe(
    findingNews(emission([{ ...finding, cell: 3 }]))?.key,
  );
});
