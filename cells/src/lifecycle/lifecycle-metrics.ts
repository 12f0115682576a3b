/** What operators see of the lifecycle. */
import type { ErrorCode } from '@cellbook/shared/errors.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { HostLoad } from '../host/sandbox-host.ts';
import type { ResumeReport } from '../ladder/resume-report.ts';
import type { StepName } from './plan.ts';

export interface LifecycleMetrics {
  observeStep(step: StepName, outcome: 'ok' | 'failed', durationMs: number): void;
  countFailure(code: ErrorCode): void;
  observeResume(report: ResumeReport): void;
  observeLoad(load: HostLoad): void;
}

export const noMetrics: LifecycleMetrics = {
  observeStep() {},
  countFailure() {},
  observeResume() {},
  observeLoad() {},
};

export function createLifecycleMetrics(metrics: Metrics): LifecycleMetrics {
  const steps = metrics.histogram('cellbook_cell_lifecycle_step_seconds', 'Duration of lifecycle steps.', [
    'step',
    'outcome',
  ]);
  const failures = metrics.counter('cellbook_cell_lifecycle_failures_total', 'Failed lifecycle actions.', [
    'code',
  ]);
  const resumes = metrics.histogram('cellbook_cell_resume_seconds', 'Duration of resumes by their rung.', [
    'rung',
  ]);
  const resumeSteps = metrics.histogram(
    'cellbook_cell_resume_step_seconds',
    'Duration of the steps of resumes, by the rung that was taken.',
    ['rung', 'step'],
  );
  const misses = metrics.counter('cellbook_cell_resume_missed_total', 'Better rungs not taken, and why.', [
    'rung',
    'cause',
  ]);
  const places = metrics.gauge('cellbook_cell_sandboxes', 'Places of this host by what is in them.', [
    'state',
  ]);
  return {
    observeStep: (step, outcome, durationMs) => steps.observe({ step, outcome }, durationMs / 1000),
    observeResume({ rung, missed, durationMs, steps: took }) {
      resumes.observe({ rung }, durationMs / 1000);
      for (const each of took) resumeSteps.observe({ rung, step: each.step }, each.durationMs / 1000);
      for (const miss of missed) misses.inc({ rung: miss.rung, cause: miss.cause });
    },
    countFailure: (code) => failures.inc({ code }),
    observeLoad({ live, frozen, starting, members, capacity }) {
      places.set({ state: 'live' }, live);
      places.set({ state: 'frozen' }, frozen);
      places.set({ state: 'starting' }, starting);
      places.set({ state: 'member' }, members);
      places.set({ state: 'capacity' }, capacity);
    },
  };
}
