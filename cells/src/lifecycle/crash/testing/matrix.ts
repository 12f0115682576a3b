/** The whole matrix on one cell per driver, batch by batch. */
import { limits } from '@cellbook/shared/limits.ts';
import { type CrashCase, crashCases, type PreparedScenario, type ScenarioName } from '../cases.ts';
import { type CaseResult, runBatch } from './batch.ts';
import { CrashCell } from './crash-cell.ts';
import { runCreateBatch } from './create-batch.ts';
import { scenarios } from './scenarios.ts';
import { type Servers, startServers } from './servers.ts';

export interface MatrixOptions {
  /** Only cases whose name contains it. */
  only?: string;
  /** Of each scenario that keeps memory only the first row: they start real sandboxes on a daemon. */
  brief?: boolean;
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
/** A host keeps a tenth of its places free: with fewer it would store frozen sandboxes before their failpoint is set. */
const placesMax = batchMax + 4;

export function casesToTry({ only = '', brief = false }: Pick<MatrixOptions, 'only' | 'brief'>): CrashCase[] {
  const seen = new Set<string>();
  return crashCases().filter((crashCase) => {
    if (!crashCase.name.includes(only)) return false;
    const { kind, dies, scenario } = crashCase;
    if (!brief) return true;
    if (keepsMemory(crashCase)) return false;
    if (kind === 'step' && dies === 'controller') return true;
    const sort = `${scenario} ${kind} ${dies}`;
    const isFirst = !seen.has(sort);
    seen.add(sort);
    return isFirst;
  });
}

/** What the matrix in brief must not leave out. */
export const stepCasesWithoutMemory = (): number =>
  crashCases().filter((crashCase) => crashCase.kind === 'step' && !keepsMemory(crashCase)).length;

interface Column {
  driver: 'gvisor' | 'process';
  daemon: boolean;
  store: CrashCase['store'];
}

export async function runMatrix({
  only = '',
  brief = false,
  driver,
  tell,
}: MatrixOptions): Promise<CaseResult[]> {
  const columnOf = (crashCase: CrashCase): Column => ({
    driver: driver ?? driverOf(crashCase),
    daemon: needsDaemon(crashCase),
    store: crashCase.store,
  });
  const columns = Map.groupBy(casesToTry({ only, brief }), (crashCase) =>
    JSON.stringify(columnOf(crashCase)),
  );
  const servers = await startServers();
  const results: CaseResult[] = [];
  try {
    for (const cases of columns.values()) {
      const [first] = cases;
      if (first) results.push(...(await runColumn(servers, columnOf(first), cases, tell)));
    }
  } finally {
    await servers.stop();
  }
  return results;
}

const keepsMemory = ({ scenario }: CrashCase): boolean =>
  scenario !== 'create' && scenarios[scenario].keepsMemory === true;

function driverOf(crashCase: CrashCase): Column['driver'] {
  const { scenario, dies, store } = crashCase;
  if (keepsMemory(crashCase)) return 'gvisor';
  // A daemon puts real sandboxes to sleep, where these are to see one ended.
  const wouldSleep = dies === 'host' && scenario === 'suspend';
  return onGvisor.includes(scenario) && store === 'directory' && !wouldSleep ? 'gvisor' : 'process';
}

const needsDaemon = (crashCase: CrashCase): boolean => {
  const { scenario, dies } = crashCase;
  if (dies === 'host' || keepsMemory(crashCase)) return true;
  return scenario !== 'create' && scenarios[scenario].needsDaemon === true;
};

async function runColumn(
  servers: Servers,
  column: Column,
  cases: readonly CrashCase[],
  tell: (result: CaseResult) => void,
): Promise<CaseResult[]> {
  const databaseUrl = await servers.createDatabase();
  const { redisUrl } = servers;
  const settings: Record<string, string> =
    column.store === 's3' ? { CELLBOOK_OBJECTS: await servers.s3Url() } : {};
  const cell = await CrashCell.create({ databaseUrl, redisUrl, capacity: placesMax, settings, ...column });
  const results: CaseResult[] = [];
  try {
    await cell.startAll();
    for (const batch of batches(cases)) {
      const done = isOfCreate(batch)
        ? await runCreateBatch(cell, batch)
        : await runBatch(cell, prepared(batch));
      results.push(...done);
      for (const result of done) tell(result);
    }
  } finally {
    await cell.stop();
  }
  return results;
}

const isOfCreate = (cases: readonly CrashCase[]): cases is CrashCase<'create'>[] =>
  cases.every(({ scenario }) => scenario === 'create');

const prepared = (cases: readonly CrashCase[]): CrashCase<PreparedScenario>[] =>
  cases.filter((crashCase): crashCase is CrashCase<PreparedScenario> => crashCase.scenario !== 'create');

/** A host writes so many images at once: the next would wait for one that is held at its failpoint. */
const writesImage = ({ dies, name }: CrashCase): boolean => dies === 'host' && name.includes('.checkpoint.');

function batches(cases: readonly CrashCase[]): CrashCase[][] {
  const byScenario = Map.groupBy(cases, (one) => `${one.scenario} ${one.dies} ${writesImage(one)}`);
  return [...byScenario.values()].flatMap((group) => {
    const max = group.some(writesImage) ? limits.snapshots.writesMax : batchMax;
    const count = Math.ceil(group.length / max);
    const size = Math.ceil(group.length / count);
    return Array.from({ length: count }, (_, index) => group.slice(index * size, (index + 1) * size));
  });
}
