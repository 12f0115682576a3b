import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import { describe, expect, it } from 'vitest';
import type { ResumeReport } from '../ladder/resume-report.ts';
import { type PhaseEvent, type PhaseState, transition } from './phases.ts';

const suspended: PhaseState = {
  phase: 'suspended',
  generation: 3,
  epoch: 5,
  dormant: false,
  problem: null,
  attempts: 0,
  retryAtMs: null,
  lastRung: null,
  lastResume: null,
  purgedAtMs: null,
};
const resume: ResumeReport = { rung: 'cold', missed: [], steps: [], durationMs: 3, atMs: 4 };
const by = { generation: 3, epoch: 5 };
const problem = { code: 'sandbox_unavailable', text: 'it ended' } as const;
const events: PhaseEvent[] = [
  { ...by, type: 'resume_begun' },
  { ...by, type: 'sandbox_started', resume },
  { ...by, type: 'suspend_begun', dormant: false },
  { ...by, type: 'sandbox_lost', problem, dormant: true },
  { ...by, type: 'sandbox_stopped' },
  { ...by, type: 'attempt_failed', problem, retryAtMs: 9 },
  { ...by, type: 'delete_begun' },
  { ...by, type: 'restored' },
  { ...by, type: 'purged', atMs: 9 },
];
const phases: Phase[] = ['suspended', 'resuming', 'running', 'suspending', 'failed', 'deleting', 'deleted'];

/** The table in the header of phases.ts, written out once more. */
const table: Record<PhaseEvent['type'], Partial<Record<Phase, Phase>>> = {
  resume_begun: { suspended: 'resuming', failed: 'resuming' },
  sandbox_started: { resuming: 'running' },
  suspend_begun: { running: 'suspending', failed: 'suspending' },
  sandbox_lost: { running: 'suspending', resuming: 'suspending' },
  sandbox_stopped: { suspending: 'suspended', deleting: 'deleted' },
  attempt_failed: { resuming: 'failed', suspending: 'failed', deleting: 'failed' },
  delete_begun: {
    suspended: 'deleting',
    running: 'deleting',
    suspending: 'deleting',
    resuming: 'deleting',
    failed: 'deleting',
  },
  restored: { deleted: 'suspended' },
  purged: { deleted: 'deleted' },
};

describe('the transition function', () => {
  it.each(events.flatMap((event) => phases.map((phase) => [event.type, phase, event] as const)))(
    'answers %s in %s as the table says',
    (type, phase, event) => {
      const result = transition({ ...suspended, phase }, event);
      const expected = table[type][phase];
      if (expected === undefined) expect(result).toEqual({ accepted: false, code: 'invalid_transition' });
      else expect(result).toMatchObject({ accepted: true, state: { phase: expected } });
    },
  );

  it('refuses every event of an older epoch, whatever the phase', () => {
    for (const event of events) {
      for (const phase of phases) {
        const result = transition({ ...suspended, phase, epoch: 6 }, event);
        expect(result).toEqual({ accepted: false, code: 'stale_epoch' });
      }
    }
  });

  it('does not make dormant what its owner has asked for since', () => {
    const running = { ...suspended, phase: 'running', generation: 4 } as const;
    const lost = transition(running, { ...by, type: 'sandbox_lost', problem, dormant: true });
    expect(lost).toMatchObject({ state: { phase: 'suspending', dormant: false } });
    const current = transition(running, {
      ...by,
      generation: 4,
      type: 'sandbox_lost',
      problem,
      dormant: true,
    });
    expect(current).toMatchObject({ state: { dormant: true } });
  });

  it('does not make wait what its owner has asked for since', () => {
    const resuming = { ...suspended, phase: 'resuming', generation: 4 } as const;
    const failed = transition(resuming, { ...by, type: 'attempt_failed', problem, retryAtMs: 99 });
    expect(failed).toMatchObject({ state: { phase: 'failed', attempts: 1, retryAtMs: null } });
  });

  it('forgets the problem and the attempts when the sandbox runs', () => {
    const resuming = { ...suspended, phase: 'resuming', attempts: 4, problem } as const;
    const started = transition(resuming, { ...by, type: 'sandbox_started', resume });
    expect(started).toMatchObject({ state: { problem: null, attempts: 0 } });
    expect(started).toMatchObject({ state: { lastRung: 'cold', lastResume: resume } });
  });
});
