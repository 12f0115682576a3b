import { limits } from '@cellbook/shared/limits.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideIdle } from './idle.ts';
import { type Observed, plan, type StepName } from './plan.ts';

const running: Observed = {
  desired: 'running',
  phase: 'running',
  epoch: 1,
  dormant: false,
  retryAtMs: null,
  undoUntilMs: null,
  purged: false,
  idleSuspendSeconds: 600,
  lastActiveAtMs: 1_000_000,
  notIdleBeforeMs: 0,
  sandbox: 'usable',
  silentMs: 0,
  rest: 'none',
  restDueAtMs: null,
  placeNeeded: false,
  keepsMemory: false,
  failedAdoptions: 0,
  roomElsewhere: false,
  loss: null,
  busy: false,
  demanded: false,
  draining: false,
  nowMs: 1_000_000,
};
const { unwantedAdoptionsMax, hostSilentMsMax } = limits.lifecycle;
const suspended: Observed = { ...running, phase: 'suspended', desired: 'suspended', sandbox: 'none' };

const anything = fc.record<Observed>({
  desired: fc.constantFrom('running', 'suspended', 'deleted'),
  phase: fc.constantFrom('suspended', 'resuming', 'running', 'suspending', 'failed', 'deleting', 'deleted'),
  epoch: fc.nat(9),
  dormant: fc.boolean(),
  retryAtMs: fc.option(fc.nat(200)),
  undoUntilMs: fc.option(fc.nat(200)),
  purged: fc.boolean(),
  idleSuspendSeconds: fc.option(fc.integer({ min: 60, max: 1_000 })),
  lastActiveAtMs: fc.nat(200),
  notIdleBeforeMs: fc.nat(200),
  sandbox: fc.constantFrom('usable', 'adoptable', 'none', 'unknown'),
  silentMs: fc.nat(2 * limits.lifecycle.hostSilentMsMax),
  rest: fc.constantFrom('none', 'frozen', 'stored'),
  restDueAtMs: fc.option(fc.nat(200)),
  placeNeeded: fc.boolean(),
  keepsMemory: fc.boolean(),
  failedAdoptions: fc.nat(2 * limits.lifecycle.adoptionsMax),
  roomElsewhere: fc.boolean(),
  loss: fc.constant(null),
  busy: fc.boolean(),
  demanded: fc.boolean(),
  draining: fc.boolean(),
  nowMs: fc.nat(200),
});

const enders: StepName[] = ['stop_sandbox', 'sleep_sandbox', 'store_memory'];

describe('the planner', () => {
  it('has an answer for everything, and takes nothing off the host before it is stored', () => {
    fc.assert(
      fc.property(anything, (observed) => {
        const action = plan(observed);
        const steps = 'steps' in action ? action.steps : [];
        const detach = steps.indexOf('detach_files');
        if (detach === -1) return;
        const ended = steps.findIndex((step) => enders.includes(step));
        expect(ended).not.toBe(-1);
        expect(steps.lastIndexOf('flush_rest')).toBeGreaterThan(ended);
        expect(detach).toBeGreaterThan(steps.lastIndexOf('flush_rest'));
      }),
    );
  });

  it('starts nothing that is not wanted, dormant or draining, and purges nothing before its undo has ended', () => {
    fc.assert(
      fc.property(anything, (observed) => {
        const action = plan(observed);
        if (action.type === 'resume') {
          expect(observed).toMatchObject({ desired: 'running', dormant: false, draining: false });
        }
        if (action.type === 'purge') {
          expect(observed).toMatchObject({ desired: 'deleted', phase: 'deleted', purged: false });
          expect(observed.undoUntilMs ?? 0).toBeLessThanOrEqual(observed.nowMs);
        }
      }),
    );
  });

  it('leaves alone what is as wanted', () => {
    expect(plan(suspended)).toEqual({ type: 'wait', untilMs: null });
    expect(plan(running)).toEqual({ type: 'wait', untilMs: 1_450_000 });
    const soon = { type: 'wait', untilMs: 1_600_000, suspendsAtMs: 1_600_000 };
    expect(plan({ ...running, nowMs: 1_450_000 })).toEqual(soon);
    expect(plan({ ...running, idleSuspendSeconds: null })).toEqual({ type: 'wait', untilMs: null });
  });

  it('brings a lost sandbox’s files to safety and lets it come back at the next need', () => {
    const lost = plan({ ...running, sandbox: 'none' });
    expect(lost).toMatchObject({ type: 'give_up_sandbox', dormant: true });
    expect(lost).toMatchObject({ steps: ['stop_sandbox', 'flush_rest', 'detach_files'] });
    expect(plan({ ...suspended, desired: 'running', dormant: true })).toMatchObject({ type: 'wait' });
  });

  it('takes a sandbox of an older epoch over before anything else, and waits for a host that does not answer', () => {
    const adoptable: Observed = { ...running, sandbox: 'adoptable', draining: true };
    expect(plan(adoptable)).toEqual({
      type: 'adopt',
      steps: ['adopt_sandbox', 'announce_running', 'inject_secrets'],
    });
    expect(plan({ ...running, sandbox: 'unknown' })).toEqual({ type: 'wait', untilMs: 1_001_000 });
  });

  it('takes one over also to suspend or delete it, since what its kernels have said meanwhile is to be kept', () => {
    const adoptable: Observed = { ...running, sandbox: 'adoptable' };
    expect(plan({ ...adoptable, desired: 'suspended' })).toMatchObject({ type: 'adopt' });
    expect(plan({ ...adoptable, desired: 'deleted' })).toMatchObject({ type: 'adopt' });
    expect(plan({ ...running, desired: 'suspended' })).toMatchObject({
      ...{ type: 'suspend', dormant: false },
      steps: ['quiesce_gateway', 'flush_files', 'stop_sandbox', 'flush_rest', 'detach_files'],
    });
  });

  it('takes one down under the newer epoch that nobody wants any more and that could not be taken over a few times', () => {
    const outOfReach: Observed = { ...running, sandbox: 'adoptable', failedAdoptions: unwantedAdoptionsMax };
    const steps = ['stop_sandbox', 'flush_rest', 'detach_files'];
    expect(plan({ ...outOfReach, desired: 'suspended' })).toEqual({ type: 'suspend', steps, dormant: false });
    const once: Observed = { ...outOfReach, failedAdoptions: 1 };
    expect(plan({ ...once, desired: 'suspended' })).toMatchObject({ type: 'adopt' });
    expect(plan({ ...once, desired: 'deleted' })).toEqual({ type: 'delete', steps });
    expect(plan(outOfReach)).toMatchObject({ type: 'adopt' });
  });

  it('ends a resume whose sandbox is there by taking it over; what was kept goes before anybody can use it', () => {
    const resuming: Observed = { ...running, phase: 'resuming', sandbox: 'adoptable' };
    expect(plan(resuming)).toEqual({
      type: 'adopt',
      steps: ['adopt_sandbox', 'announce_running', 'inject_secrets'],
    });
    expect(plan({ ...resuming, rest: 'stored' })).toMatchObject({
      steps: ['adopt_sandbox', 'forget_memory', 'announce_running', 'inject_secrets'],
    });
    expect(plan({ ...resuming, sandbox: 'none' })).toMatchObject({ type: 'give_up_sandbox' });
    expect(plan({ ...resuming, sandbox: 'unknown' })).toMatchObject({ type: 'wait' });
  });

  it('puts one whose suspend was cut short to sleep under the newer epoch, trying a few times', () => {
    const cut: Observed = {
      ...{ ...running, desired: 'suspended', phase: 'suspending' },
      ...{ sandbox: 'adoptable', keepsMemory: true },
    };
    const stopped = { steps: ['stop_sandbox', 'flush_rest', 'detach_files'] };
    expect(plan(cut)).toMatchObject({
      steps: [
        ...['adopt_sandbox', 'announce_running', 'quiesce_gateway', 'flush_files'],
        ...['sleep_sandbox', 'flush_rest', 'detach_files'],
      ],
    });
    expect(plan({ ...cut, failedAdoptions: unwantedAdoptionsMax - 1 })).toEqual(plan(cut));
    expect(plan({ ...cut, failedAdoptions: unwantedAdoptionsMax })).toMatchObject(stopped);
  });

  it('ends nothing on a host that has not answered for a moment, and does not wait for it for ever', () => {
    for (const phase of ['resuming', 'suspending'] as const)
      for (const desired of ['running', 'suspended'] as const) {
        const silent: Observed = { ...running, phase, desired, sandbox: 'unknown', keepsMemory: true };
        const later = { ...silent, silentMs: hostSilentMsMax };
        expect(plan({ ...silent, silentMs: hostSilentMsMax - 1 })).toEqual({
          ...{ type: 'wait', untilMs: 1_001_000 },
        });
        expect(plan(later).type).toBe(phase === 'resuming' ? 'give_up_sandbox' : 'suspend');
        // It may answer at that moment.
        if (phase === 'suspending')
          expect(plan(later)).toMatchObject({ steps: expect.not.arrayContaining(['stop_sandbox']) });
        expect(plan({ ...later, rest: 'frozen' })).toMatchObject({
          steps: ['sleep_sandbox', 'flush_rest', 'detach_files'],
        });
      }
  });

  it('keeps the memory of one whose suspend failed: it sleeps already, or is put to sleep by the next attempt', () => {
    const failed: Observed = { ...running, phase: 'failed', desired: 'suspended', keepsMemory: true };
    expect(plan(failed)).toMatchObject({
      steps: ['quiesce_gateway', 'flush_files', 'sleep_sandbox', 'flush_rest', 'detach_files'],
    });
    expect(plan({ ...failed, sandbox: 'none', rest: 'frozen' })).toMatchObject({
      steps: ['sleep_sandbox', 'flush_rest', 'detach_files'],
    });
    const stopped = { steps: ['stop_sandbox', 'flush_rest', 'detach_files'] };
    // It may be what a failed resume has left: nobody was told that his memory is lost.
    expect(plan({ ...failed, sandbox: 'adoptable' })).toMatchObject(stopped);
    expect(plan({ ...failed, sandbox: 'none' })).toMatchObject(stopped);
  });

  it('takes over also what nobody wants any more, tries that a few times, and keeps what still sleeps', () => {
    const unwanted: Observed = {
      ...{ ...running, desired: 'suspended', phase: 'resuming' },
      ...{ keepsMemory: true, rest: 'stored' },
    };
    const adoptable: Observed = { ...unwanted, sandbox: 'adoptable' };
    expect(plan(adoptable)).toMatchObject({ type: 'adopt' });
    const stopped = { type: 'give_up_sandbox', steps: ['stop_sandbox', 'flush_rest', 'detach_files'] };
    expect(plan({ ...adoptable, failedAdoptions: unwantedAdoptionsMax })).toMatchObject(stopped);
    expect(plan({ ...unwanted, sandbox: 'none', rest: 'frozen' })).toMatchObject({
      ...{ type: 'give_up_sandbox', steps: ['sleep_sandbox', 'flush_rest', 'detach_files'] },
    });
  });

  it('forgets what is kept of the memory with the workspace, from wherever it is deleted', () => {
    for (const phase of ['suspended', 'failed', 'resuming', 'suspending', 'deleting'] as const)
      for (const rest of ['frozen', 'stored'] as const)
        for (const sandbox of ['usable', 'adoptable', 'none'] as const) {
          const steps = stepsUntilDeleted({
            ...{ ...running, desired: 'deleted', phase, rest, sandbox },
            keepsMemory: true,
          });
          expect(steps.at(-1), `${phase} ${rest} ${sandbox}`).toBe('forget_memory');
        }
  });

  it('gives one up that could not be taken over so many times', () => {
    const { adoptionsMax } = limits.lifecycle;
    const adoptable: Observed = { ...running, sandbox: 'adoptable', failedAdoptions: adoptionsMax };
    expect(plan({ ...adoptable, failedAdoptions: adoptionsMax - 1 })).toMatchObject({ type: 'adopt' });
    expect(plan(adoptable)).toMatchObject({
      ...{ type: 'give_up_sandbox', dormant: true },
      steps: ['stop_sandbox', 'flush_rest', 'detach_files'],
    });
    expect(plan({ ...adoptable, demanded: true })).toMatchObject({ type: 'give_up_sandbox', dormant: false });
  });

  it('takes the files off a full host before it begins a start on another that has room', () => {
    const failed: Observed = { ...running, phase: 'failed', sandbox: 'none', roomElsewhere: true };
    expect(plan(failed)).toMatchObject({
      ...{ type: 'suspend', dormant: false },
      steps: ['stop_sandbox', 'flush_rest', 'detach_files'],
    });
    expect(plan({ ...failed, retryAtMs: 1_000_500 })).toEqual({ type: 'wait', untilMs: 1_000_500 });
  });

  it('leaves a draining host for one with room, and sleeps until it is needed where there is none', () => {
    const failed: Observed = { ...running, phase: 'failed', sandbox: 'none', draining: true };
    expect(plan({ ...failed, roomElsewhere: true })).toMatchObject({ type: 'suspend', dormant: false });
    expect(plan(failed)).toMatchObject({ type: 'suspend', dormant: true });
    const unwanted: Observed = { ...failed, desired: 'suspended', roomElsewhere: true };
    expect(plan(unwanted)).toMatchObject({ type: 'suspend', dormant: false });
    const dormant: Observed = { ...failed, dormant: true, roomElsewhere: true };
    expect(plan(dormant)).toMatchObject({ type: 'suspend', dormant: true });
  });

  it('waits for the time of the next attempt, and not a moment longer', () => {
    const failed: Observed = { ...running, phase: 'failed', sandbox: 'none', retryAtMs: 1_000_500 };
    expect(plan(failed)).toEqual({ type: 'wait', untilMs: 1_000_500 });
    expect(plan({ ...failed, nowMs: 1_000_500 })).toMatchObject({ type: 'resume' });
  });

  it('goes on with a suspend that failed, even though it is wanted again when a resume fails', () => {
    const failed: Observed = { ...running, phase: 'failed', desired: 'suspended' };
    expect(plan(failed)).toMatchObject({ type: 'suspend', dormant: false });
    expect(plan({ ...failed, desired: 'running', dormant: true })).toMatchObject({
      type: 'suspend',
      dormant: true,
    });
  });
});

/** Of the action that deletes it; one that is given up first is suspended by then, with what is kept of it. */
function stepsUntilDeleted(observed: Observed): readonly StepName[] {
  const action = plan(observed);
  if (action.type === 'delete') return action.steps;
  return stepsUntilDeleted({ ...observed, phase: 'suspended', sandbox: 'none' });
}

describe('the idle policy', () => {
  const idle = {
    ...{ idleSuspendSeconds: 600, lastActiveAtMs: 0, notIdleBeforeMs: 0 },
    ...{ busy: false, nowMs: 600_000 },
  };

  it('suspends at its time, not before', () => {
    expect(decideIdle(idle)).toEqual({ suspend: true });
    expect(decideIdle({ ...idle, nowMs: 599_999 })).toMatchObject({ suspend: false, lookAgainAtMs: 600_000 });
  });

  it('leaves alone what a new controller has only just taken over, however long nobody has used it', () => {
    const takenOver = { ...idle, notIdleBeforeMs: 690_000 };
    const seen = { suspend: false, lookAgainAtMs: 690_000, suspendsAtMs: 690_000 };
    expect(decideIdle(takenOver)).toEqual(seen);
    expect(decideIdle({ ...takenOver, nowMs: 690_000 })).toEqual({ suspend: true });
  });

  it('warns some minutes before, of a short idle time in its last quarter, and not when it never suspends', () => {
    const at = (idleSuspendSeconds: number | null, nowMs: number) =>
      decideIdle({ ...idle, idleSuspendSeconds, nowMs });
    const before = { suspend: false, lookAgainAtMs: 900_000, suspendsAtMs: null };
    expect(at(1_200, 899_999)).toEqual(before);
    const soon = { suspend: false, lookAgainAtMs: 1_200_000, suspendsAtMs: 1_200_000 };
    expect(at(1_200, 900_000)).toEqual(soon);
    expect(at(60, 44_999)).toMatchObject({ suspendsAtMs: null });
    expect(at(60, 45_000)).toMatchObject({ suspendsAtMs: 60_000 });
    expect(at(null, 9e12)).toEqual({ suspend: false, lookAgainAtMs: null, suspendsAtMs: null });
  });

  it('warns nobody of a busy kernel, and looks again in time to warn once it is not', () => {
    const busy = decideIdle({ ...idle, busy: true, nowMs: 590_000 });
    expect(busy).toEqual({ suspend: false, lookAgainAtMs: 1_040_000, suspendsAtMs: null });
  });

  it('never culls a busy kernel, however long it has said nothing', () => {
    const threeHours = 3 * 3_600_000;
    expect(decideIdle({ ...idle, busy: true, nowMs: threeHours })).toMatchObject({ suspend: false });
  });
});
