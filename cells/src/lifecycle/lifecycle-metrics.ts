/** What operators see of the lifecycle. */
import type { ErrorCode } from '@cellbook/shared/errors.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { HostLoad } from '../host/sandbox-host.ts';
import type { StepName } from './plan.ts';

export interface LifecycleMetrics {
  observeStep(step: StepName, outcome: 'ok' | 'failed', durationMs: number): void;
  countFailure(code: ErrorCode): void;
  observeLoad(load: HostLoad): void;
}

export const noMetrics: LifecycleMetrics = {
  observeStep() {},
  countFailure() {},
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
  const places = metrics.gauge('cellbook_cell_sandboxes', 'Places of this host by what is in them.', [
    'state',
  ]);
  return {
    observeStep: (step, outcome, durationMs) => steps.observe({ step, outcome }, durationMs / 1000),
    countFailure: (code) => failures.inc({ code }),
    observeLoad({ live, starting, capacity }) {
      places.set({ state: 'live' }, live);
      places.set({ state: 'starting' }, starting);
      places.set({ state: 'capacity' }, capacity);
    },
  };
}
