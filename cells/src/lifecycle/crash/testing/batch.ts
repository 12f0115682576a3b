/**
 * Some cases of one scenario at once: each has a workspace of its own, and the process dies when the last of
 * them stands exactly at its failpoint (shared/src/failpoint.ts). So one death, and one start after it, tries
 * many places; what is judged is judged for each workspace.
 */
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import { PostgresWorkspaceStore } from '../../stores/postgres-workspace-store.ts';
import type { WorkspaceRow } from '../../stores/workspace-row.ts';
import type { PreparedScenario, CrashCase as SomeCase } from '../cases.ts';
import { ageUnfinishedObjects } from './age-unfinished-objects.ts';
import type { CrashCell } from './crash-cell.ts';
import { judgeHost, judgeImages, judgeWorkspace } from './judge.ts';
import type { Program } from './program.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { createSubject, type Subject, save, writeAsCode } from './subject.ts';
import { until } from './until.ts';
import { judgeVariable, setVariable } from './variables.ts';

type CrashCase = SomeCase<PreparedScenario>;

export interface CaseResult {
  name: string;
  /** What did not hold; empty when the case passed. */
  wrong: string[];
}

interface Tried {
  crashCase: CrashCase;
  subject: Subject;
}

/** The cell runs before and after. */
export async function runBatch(cell: CrashCell, cases: readonly CrashCase[]): Promise<CaseResult[]> {
  const [first] = cases;
  if (!first) return [];
  const scenario = scenarios[first.scenario];
  const tried = await Promise.all(
    cases.map(async (crashCase) => ({ crashCase, subject: await prepare(cell, scenario) })),
  );
  const reached = await crash(cell, scenario, tried);
  const dead = await rowsOf(cell, tried);
  await programOf(cell, first).arm([]);
  await ageUnfinishedObjects(cell);
  await programOf(cell, first).start();
  const results = await Promise.all(
    tried.map(async ({ crashCase, subject }): Promise<CaseResult> => {
      const unreached = reached.has(subject.id) ? [] : [`its failpoint was never reached`];
      const row = dead.get(subject.id);
      const wrong = row ? await recovered(cell, crashCase, subject, row) : ['it has no row'];
      return { name: crashCase.name, wrong: [...unreached, ...wrong] };
    }),
  );
  return [...results, ...(await putAway(cell, scenario, tried))];
}

async function prepare(cell: CrashCell, { from, keepsMemory, ready }: Scenario): Promise<Subject> {
  const subject = await createSubject(cell);
  await save(cell, subject, 'saved-while-suspended.txt');
  const ask = (method: string, path: string) =>
    cell.call(subject.user, method, `/v1/workspaces/${subject.id}${path}`);
  if (from === 'deleted') {
    await ask('DELETE', '');
    await untilPhase(cell, subject, 'deleted');
  }
  if (from === 'running' || from === 'at rest') {
    await ask('POST', '/resume');
    await untilPhase(cell, subject, 'running');
    await save(cell, subject, 'saved-while-running.txt');
    await writeAsCode(cell, subject, 'by-code.txt');
    if (keepsMemory) await setVariable(cell, subject);
  }
  if (from === 'at rest') {
    await ask('POST', '/suspend');
    await untilPhase(cell, subject, 'suspended');
  }
  await ready?.(cell, subject);
  return subject;
}

/** Brings every workspace to its failpoint and the process to its end. Gives those that were there. */
async function crash(cell: CrashCell, scenario: Scenario, tried: readonly Tried[]): Promise<Set<string>> {
  const act = () => Promise.all(tried.map(({ subject }) => scenario.act(cell, subject)));
  const rules = tried.flatMap(({ crashCase, subject }) =>
    [...(scenario.also ?? []), ...crashCase.failpoints].map((rule) => about(subject, rule)),
  );
  const program = programOf(cell, tried[0]?.crashCase);
  if (scenario.deathBefore === undefined) {
    await program.arm(rules);
    // Where the host dies its controller goes on, and may answer only when the host is back.
    void act();
  } else {
    await dieFirst(cell, scenario.deathBefore, tried, act);
    await program.arm(rules);
    await program.start({ serves: false });
  }
  // It dies when the last one has come to its point, and only then.
  if (await program.dies()) return new Set(tried.map(({ subject }) => subject.id));
  await program.kill();
  const log = program.log();
  const lethal = tried.filter(({ crashCase, subject }) =>
    log.includes(about(subject, crashCase.failpoints.at(-1) ?? '')),
  );
  return new Set(lethal.map(({ subject }) => subject.id));
}

const programOf = (cell: CrashCell, crashCase: CrashCase | undefined): Program =>
  crashCase?.dies === 'host' && cell.daemon ? cell.daemon : cell.program;

async function dieFirst(
  cell: CrashCell,
  where: string,
  tried: readonly Tried[],
  act: () => Promise<unknown>,
) {
  if (where === 'kill') return cell.program.kill();
  await cell.program.arm(tried.map(({ subject }) => about(subject, where)));
  await act();
  if (!(await cell.program.dies())) throw new Error(`the death that comes first, at ${where}, did not`);
}

/** The rule for this workspace alone: `point#ws-…=effect`; objects are known by their volume, answers by who asked. */
function about({ id, user, volumeId }: Subject, rule: string): string {
  const [point = '', effect] = rule.split('=');
  const [seam] = point.split('.');
  const subject = seam === 'objects' ? volumeId : seam === 'idempotency' ? user : id;
  return `${point}#${subject}${effect === undefined ? '' : `=${effect}`}`;
}

async function rowsOf(cell: CrashCell, tried: readonly Tried[]): Promise<Map<string, WorkspaceRow>> {
  const store = new PostgresWorkspaceStore(cell.database);
  const rows = await Promise.all(tried.map(({ subject }) => store.get(subject.id)));
  return new Map(rows.flatMap((row) => (row ? [[row.id, row]] : [])));
}

async function recovered(cell: CrashCell, crashCase: CrashCase, subject: Subject, dead: WorkspaceRow) {
  const { wanted, again, forgets, outlivesHost = false } = scenarios[crashCase.scenario];
  const mayBeLost = crashCase.failpoints.length > 1 || (crashCase.dies === 'host' && !outlivesHost);
  try {
    await untilTakenOver(cell, crashCase, subject, dead);
    const wrong = (await again?.(cell, subject)) ?? [];
    // One whose sandbox was lost comes back at its next need, not by itself.
    if (wanted === 'running') await cell.call(subject.user, 'POST', `/v1/workspaces/${subject.id}/resume`);
    await untilPhase(cell, subject, wanted);
    wrong.push(...(await judgeWorkspace(cell, subject, wanted, dead)));
    if (!forgets) wrong.push(...(await judgeVariable(cell, subject, { mayBeLost })));
    return wrong;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** What the row says is no longer what the dead one left there: of its successor, or of who lost his host. */
async function untilTakenOver(cell: CrashCell, { dies }: CrashCase, { id }: Subject, dead: WorkspaceRow) {
  if (dead.phase !== 'running') return;
  const store = new PostgresWorkspaceStore(cell.database);
  await until(`workspace ${id} is taken over`, async () => {
    const row = await store.get(id);
    return dies === 'host' ? row?.revision !== dead.revision : row?.epoch !== dead.epoch;
  });
}

async function untilPhase(cell: CrashCell, { id }: Subject, wanted: Phase | 'purged'): Promise<void> {
  const store = new PostgresWorkspaceStore(cell.database);
  let last: WorkspaceRow | null = null;
  await until(`workspace ${id} is ${wanted}`, async () => {
    last = await store.get(id);
    return (last?.purgedAtMs ? 'purged' : last?.phase) === wanted;
  }).catch((error: Error) => {
    throw new Error(
      `${error.message}; its row: ${JSON.stringify(last)}; the last of the log:\n${cell.program.log().slice(-3000)}`,
    );
  });
}

/** Leaves the machine as it was found; what is still there is a leak of this batch. */
async function putAway(
  cell: CrashCell,
  { wanted }: Scenario,
  tried: readonly Tried[],
): Promise<CaseResult[]> {
  const isThere = cell.keepsMemory || wanted === 'running';
  const running = new Set(isThere ? tried.map(({ subject }) => subject.id as string) : []);
  const name = `${tried[0]?.crashCase.scenario ?? ''} (machine)`;
  const whileRunning = await judgeHost(cell, running);
  if (cell.keepsMemory) await endAll(cell, tried, 'DELETE', '', 'deleted');
  else if (wanted === 'running') await endAll(cell, tried, 'POST', '/suspend', 'suspended');
  const wrong = [...whileRunning, ...(await judgeHost(cell, new Set())), ...(await judgeImages(cell))];
  return wrong.length === 0 ? [] : [{ name, wrong }];
}

async function endAll(
  cell: CrashCell,
  tried: readonly Tried[],
  method: string,
  path: string,
  phase: Phase,
): Promise<void> {
  const ask = ({ user, id }: Subject) => cell.call(user, method, `/v1/workspaces/${id}${path}`);
  await Promise.all(tried.map(({ subject }) => ask(subject)));
  await Promise.all(tried.map(({ subject }) => untilPhase(cell, subject, phase)));
}
