/**
 * What an earlier agent of this host left: its programs are ended before anything is reported, whoever killed it and
 * however long ago, and what became of its attempts is told. What had ended keeps its outcome; the rest is lost, with the
 * checkpoint that was in the store by then.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Groups } from './cgroup.ts';
import { attemptsOnDisk, JobFolder } from './job-folder.ts';
import { killAll, type Marks } from './processes.ts';

export interface EarlierEnd {
  report: AttemptReport;
  folder: JobFolder;
}

export interface LeftoverTools {
  clock: Clock;
  groups: Groups;
  dataDirectory: string;
  /** In the environment of every program of this agent. */
  agent: string;
}

/** Throws where processes do not end: nobody may be told that this host is free. */
export async function endLeftovers(tools: LeftoverTools): Promise<EarlierEnd[]> {
  const { groups, dataDirectory, agent, clock } = tools;
  const found = attemptsOnDisk(dataDirectory).map((attemptId) => {
    const folder = new JobFolder(dataDirectory, attemptId);
    return { attemptId, folder, record: folder.read() };
  });
  const names = new Set([...found.map(({ attemptId }) => attemptId as string), ...groups.names()]);
  for (const name of names) {
    const group = groups.open(name);
    const leader = found.find(({ attemptId }) => attemptId === name)?.record?.leader ?? null;
    await end({ leader, processLists: group.processLists, variable: `CELLBOOK_ATTEMPT_ID=${name}` }, clock);
    group.remove();
  }
  // Those that no record and no group names.
  await end({ leader: null, processLists: [], variable: `CELLBOOK_AGENT=${agent}` }, clock);
  return found.flatMap(({ folder, record }) => {
    folder.removeWork();
    if (record) return [{ folder, report: endedReport(record.report) }];
    folder.remove();
    return [];
  });
}

async function end(marks: Marks, clock: Clock): Promise<void> {
  if (!(await killAll(marks, clock))) throw new Error(`processes of ${marks.variable} do not end`);
}

function endedReport(report: AttemptReport): AttemptReport {
  if (report.state.phase === 'ended') return report;
  const outcome = { kind: 'failed', class: 'lost', detail: 'its agent was started again' } as const;
  return { ...report, state: { phase: 'ended', outcome } };
}
