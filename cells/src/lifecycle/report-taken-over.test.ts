import { ManualClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import type { MissedRung, Rung } from '@cellbook/shared/protocol/resume.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { reportTakenOver } from './report-taken-over.ts';
import { MemoryTransitionStore } from './stores/memory-transition-store.ts';
import type { NewTransition, TransitionKind } from './stores/transition-store.ts';

const id = newWorkspaceId(seededRandom(1));
const missed: MissedRung[] = [{ rung: 'memory', cause: 'expired', why: 'it was away for 31 days' }];
const report = { rung: 'cold', missed, durationMs: 900, atMs: 1_900, steps: [] } as const;

const phase = (event: string): TransitionKind => ({
  ...{ kind: 'phase', event, from: 'suspended', to: 'resuming', problem: null },
});
const done = (step: string, durationMs: number): TransitionKind => ({
  ...{ kind: 'outcome', step, outcome: 'ok', durationMs, problem: null },
});
const started: TransitionKind = {
  ...{ kind: 'outcome', step: 'start_sandbox', outcome: 'ok', durationMs: 800, problem: null },
  resume: { ...report, missed: [...missed], steps: [] },
};

/** The record as the first controller left it, told one second apart, and what the second one has not written yet. */
async function reported(record: TransitionKind[], cameBy: Rung | null) {
  const transitions = new MemoryTransitionStore();
  const entry = (kind: TransitionKind, at: number): NewTransition => ({
    ...{ workspaceId: id, generation: 1, epoch: 1, holder: 'h', atMs: (at + 1) * 1_000, ...kind },
  });
  await transitions.append(record.map(entry));
  const clock = new ManualClock(31_000);
  const unwritten = [entry(done('announce_running', 20), 30)];
  const given = { row: { id }, context: { cameBy }, unwritten };
  return reportTakenOver({ transitions, clock }, given);
}

test('a resume that another ends says by which rung and why by no better one, as it was written down', async () => {
  const before = [phase('sandbox_started'), done('sleep_sandbox', 9), phase('sandbox_stopped')];
  const record = [...before, phase('resume_begun'), done('attach_files', 100), started];
  expect(await reported(record, 'files')).toEqual({
    ...{ rung: 'cold', missed, atMs: 31_000, durationMs: 27_000 },
    steps: [
      { step: 'attach_files', durationMs: 100 },
      { step: 'start_sandbox', durationMs: 800 },
      { step: 'announce_running', durationMs: 20 },
    ],
  });
});

test('one that was cut before it could be written down is told as its host says', async () => {
  const record = [phase('sandbox_stopped'), phase('resume_begun'), done('attach_files', 100)];
  expect(await reported(record, 'memory')).toMatchObject({ rung: 'memory', missed: [] });
  expect(await reported(record, 'cold')).toMatchObject({ rung: 'cold', missed: [{ rung: 'memory' }] });
  expect(await reported(record, null)).toBeNull();
});

test('what an earlier resume was like is not taken for this one', async () => {
  const earlier = [phase('resume_begun'), started, phase('sandbox_started'), phase('sandbox_stopped')];
  expect(await reported([...earlier, phase('resume_begun')], 'live')).toMatchObject({ rung: 'live' });
});

test('a sandbox that a failed suspend has left as it was came back as it was, whatever it had come from', async () => {
  const record = [phase('sandbox_started'), phase('attempt_failed'), phase('resume_begun')];
  expect(await reported(record, 'cold')).toMatchObject({ rung: 'live', missed: [] });
});
