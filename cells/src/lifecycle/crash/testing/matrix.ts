/** The whole matrix on one cell per driver, batch by batch. */
import { type CrashCase, crashCases, type ScenarioName } from '../cases.ts';
import { type CaseResult, runBatch } from './batch.ts';
import { CrashCell } from './crash-cell.ts';
import { scenarios } from './scenarios.ts';
import { startServers } from './servers.ts';

export interface MatrixOptions {
  /** Only cases whose name contains it. */
  only?: string;
  /** Instead of each scenario's own. */
  driver?: 'gvisor' | 'process';
  tell(result: CaseResult): void;
}

/** The columns that start and stop real sandboxes; what a process shows as well is left to processes. */
const onGvisor: readonly ScenarioName[] = [
  'resume',
  'suspend',
  'suspend_without_sandbox',
  'delete',
  'delete_without_sandbox',
];

/** Workspaces at their failpoints hold an executor each, of sixteen; the rest is for those that are cleaned up. */
const batchMax = 12;

/** What outlives its controller needs a daemon as host, which this cell has not. */
export const casesToTry = (only: string): CrashCase[] =>
  crashCases().filter(({ name, scenario }) => name.includes(only) && !scenarios[scenario].needsDaemon);

export async function runMatrix({ only = '', driver, tell }: MatrixOptions): Promise<CaseResult[]> {
  const cases = casesToTry(only);
  const driverOf = ({ scenario }: CrashCase) =>
    driver ?? (onGvisor.includes(scenario) ? 'gvisor' : 'process');
  const servers = await startServers();
  const results: CaseResult[] = [];
  try {
    for (const kind of ['gvisor', 'process'] as const) {
      const theirs = cases.filter((crashCase) => driverOf(crashCase) === kind);
      if (theirs.length === 0) continue;
      const databaseUrl = await servers.createDatabase();
      const cell = await CrashCell.create({
        ...{ databaseUrl, redisUrl: servers.redisUrl, driver: kind, capacity: batchMax },
      });
      try {
        await cell.start();
        for (const batch of batches(theirs)) {
          const done = await runBatch(cell, batch);
          results.push(...done);
          for (const result of done) tell(result);
        }
      } finally {
        await cell.stop();
      }
    }
  } finally {
    await servers.stop();
  }
  return results;
}

function batches(cases: readonly CrashCase[]): CrashCase[][] {
  const byScenario = Map.groupBy(cases, ({ scenario }) => scenario);
  return [...byScenario.values()].flatMap((group) => {
    const count = Math.ceil(group.length / batchMax);
    const size = Math.ceil(group.length / count);
    return Array.from({ length: count }, (_, index) => group.slice(index * size, (index + 1) * size));
  });
}
