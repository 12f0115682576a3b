/**
 * What an earlier agent of this host left: its programs are ended before anything is reported, whoever killed it and
 * however long ago, and what became of its attempts is told. What had ended keeps its outcome; the rest is lost, with the
 * checkpoint that was in the store by then, and first with the one that was on its way there (unfinished.ts).
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '@cellbook/shared/log.ts';
import type { AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Groups } from './cgroup.ts';
import { agentRestarted } from './classify-end.ts';
import { attemptsOnDisk, JobFolder, type JobRecord } from './job-folder.ts';
import { bootId, livePids, type Marks } from './processes.ts';
import type { Remains } from './remains.ts';
import type { Left } from './unfinished.ts';

export interface EarlierEnd {
  report: AttemptReport;
  folder: JobFolder;
}

export interface LeftoverTools {
  log: Logger;
  endAll(marks: Marks): Promise<boolean>;
  groups: Groups;
  dataDirectory: string;
  /** In the environment of every program of this agent. */
  agent: string;
}

export interface Leftovers {
  ended: EarlierEnd[];
  /** Of which something is still to be brought away. */
  unfinished: Left[];
  /** What did not end: this host may be used but for the devices that they may be on. */
  remains: Remains[];
}

export async function endLeftovers(tools: LeftoverTools): Promise<Leftovers> {
  const { groups, dataDirectory, agent, endAll, log } = tools;
  const found = attemptsOnDisk(dataDirectory).map((attemptId) => {
    const folder = new JobFolder(dataDirectory, attemptId);
    return { attemptId, folder, record: folder.read() };
  });
  const names = new Set([...found.map(({ attemptId }) => attemptId as string), ...groups.names()]);
  const each = [...names].map((name): Remains & { marks: Marks } => {
    const group = groups.open(name);
    const one = found.find(({ attemptId }) => attemptId === name);
    const leader = one?.record?.leader ?? null;
    const marks = { leader, processLists: group.processLists, variable: `CELLBOOK_ATTEMPT_ID=${name}` };
    const remove = () => {
      group.remove();
      if (!one?.record || !isUnfinished(one.record, one.folder)) one?.folder.removeWork();
    };
    const devices = one?.record?.order.devices ?? null;
    const problem = `what an earlier agent ran is not gone: ${name}${where(group.processLists)}`;
    return { ...{ name, devices, problem, marks }, tidy: tidyOf(problem, marks, remove, tools) };
  });
  const remains = await thoseLeft(each);
  // Those that no record and no group names.
  const known = new Set(remains.flatMap(({ marks }) => livePids(marks)));
  const marks = { leader: null, processLists: [], variable: `CELLBOOK_AGENT=${agent}` };
  const problem = 'processes that no record names do not end';
  const end = async () => (await endAll(marks)) || livePids(marks).every((pid) => known.has(pid));
  const unnamed: Remains = {
    ...{ name: marks.variable, devices: null, problem },
    tidy: tidyOf(problem, marks, () => undefined, { endAll: end, log }),
  };
  const unfinished = found.flatMap(({ folder, record }) =>
    record && isUnfinished(record, folder) ? [{ record, folder, uid: folder.owner() }] : [],
  );
  const ended = found.flatMap(({ folder, record }) => {
    if (record && isUnfinished(record, folder)) return [];
    if (record) return [{ folder, report: endedReport(record.report) }];
    if (!remains.some(({ name }) => folder.path.endsWith(name))) folder.remove();
    return [];
  });
  return { ended, unfinished, remains: [...remains, ...(await thoseLeft([unnamed]))] };
}

/** All at once: each that does not end takes its time to say so. */
async function thoseLeft<T extends Remains>(each: readonly T[]): Promise<T[]> {
  const gone = await Promise.all(each.map(({ tidy }) => tidy()));
  return each.filter((_, at) => !gone[at]);
}

const tidyOf =
  (
    problem: string,
    marks: Marks,
    remove: () => void,
    { endAll, log }: Pick<LeftoverTools, 'endAll' | 'log'>,
  ) =>
  async (): Promise<boolean> => {
    try {
      if (!(await endAll(marks))) throw new Error('processes do not end');
      remove();
      return true;
    } catch (error) {
      log.error({ err: error, marks }, `${problem}: its devices stay taken`);
      return false;
    }
  };

const where = ([list]: readonly string[]): string => (list === undefined ? '' : ` in ${dirname(list)}`);

function endedReport(report: AttemptReport): AttemptReport {
  if (report.state.phase === 'ended') return report;
  return { ...report, state: { phase: 'ended', outcome: agentRestarted } };
}

/**
 * What a program made is on the disk for good before its end is on record. A checkpoint is not waited for in that way: it
 * counts in the boot that it was seen in.
 */
function isUnfinished({ report, end, checkpoint }: JobRecord, { work }: JobFolder): boolean {
  if (report.state.phase === 'ended' || !existsSync(work)) return false;
  return end !== null || checkpoint?.bootId === bootId();
}
