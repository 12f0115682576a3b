import {
  rungSchema,
  idleEvent as sharedIdle,
  resumedEvent as sharedResumed,
} from '@cellbook/shared/protocol/resume.ts';
import { expect, test } from 'vitest';
import { idleEvent, idleNews, resumedEvent, resumedNews, resumeHint, resumeLabel } from './resume-words.ts';

const timeOf = () => '14:05';
const missed = [{ rung: 'memory', cause: 'gone', why: 'its host was restarted' }];
const resume = (rung: string, more: object = {}) => ({ rung, missed: [], durationMs: 412, ...more });
const emission = (given: object) => ({ schema_id: resumedEvent, resume: given });

test('listens to the events that the cell emits', () => {
  expect([resumedEvent, idleEvent]).toEqual([sharedResumed, sharedIdle]);
});

test('says that everything is back, where that took a moment', () => {
  const text = 'The workspace is back as you left it, variables and all (0.4 s).';
  expect(resumedNews(emission(resume('memory')))).toBe(text);
  expect(resumedNews(emission(resume('memory-remote', { durationMs: 12_400 })))).toContain('(12 s)');
});

test.each([
  ['back at once', emission(resume('live'))],
  ['afresh', emission(resume('cold', { missed }))],
  ['from the pool', emission(resume('files', { missed }))],
  ['another event', { schema_id: 'other', resume: resume('memory') }],
  ['no event', null],
])('has nothing to say of %s', (_case, given) => {
  expect(resumedNews(given)).toBeNull();
});

test('tells whoever looks closer how it came back, and why without its variables', () => {
  expect(resumeHint(resume('live'))).toBe('It came back as it was, in 0.4 s.');
  const notFrozen = [{ rung: 'live', cause: 'not_kept', why: 'its place was needed' }];
  expect(resumeHint(resume('memory', { missed: notFrozen }))).toBe(
    'It came back as it was, in 0.4 s; no sooner, since its place was needed.',
  );
  expect(resumeHint(resume('cold', { missed, durationMs: 3_140 }))).toBe(
    'It came back without its variables, in 3.1 s: its host was restarted.',
  );
  const first = [{ rung: 'memory', cause: 'first_start', why: 'it has not run before' }];
  expect(resumeHint(resume('cold', { missed: first }))).toBe('It started in 0.4 s.');
});

test('has a few words for each rung', () => {
  const labels = rungSchema.options.map((rung) => resumeLabel(resume(rung)));
  expect(new Set(labels).size).toBe(rungSchema.options.length);
  expect(labels[0]).toBe('thawed in 0.4 s');
});

test('warns of a suspend with its time, and takes that back', () => {
  const suspendsAt = '2026-03-01T13:05:00.000Z';
  const warning = idleNews({ schema_id: idleEvent, suspendsAt }, timeOf);
  expect(warning).toEqual({ at: suspendsAt, text: expect.stringContaining('will be suspended at 14:05') });
  expect(warning && 'text' in warning && warning.text.length).toBeLessThanOrEqual(140);
  expect(idleNews({ schema_id: idleEvent, suspendsAt: null }, timeOf)).toEqual({ at: null });
  expect(idleNews(emission(resume('memory')), timeOf)).toBeNull();
});
