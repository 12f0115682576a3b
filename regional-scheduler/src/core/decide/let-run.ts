import { mayRun } from '../contain/contain.ts';
import type { Row } from '../jobs/job-table.ts';
import type { Turn } from './turn.ts';

/** What the limits on its class, if any, say of a job. */
export function verdictOn({ state, nowMs }: Turn, row: Row) {
  const { jobs, contain, fleet } = state;
  const { gpus } = jobs.templateOf(row);
  const job = { features: jobs.featuresOf(row), orgId: jobs.orgOf(row), gpus };
  return mayRun(contain, job, fleet.capacityGpus, nowMs);
}

export function isLetRun(turn: Turn, row: Row): boolean {
  return verdictOn(turn, row).go;
}
