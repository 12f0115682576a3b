/**
 * What an agent finds out about its host before it says a word: what an earlier one left is ended, which start this is,
 * which programs are at hand, and what can hold them.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { AgentConfig } from './config.ts';
import { nextGeneration } from './report/generation.ts';
import { readBinaries } from './run/binaries.ts';
import { groupsName, openGroups } from './run/cgroup.ts';
import { findConfinement } from './run/confinement.ts';
import { endLeftovers } from './run/leftovers.ts';
import { killAll } from './run/processes.ts';

export type Host = Awaited<ReturnType<typeof openHost>>;

export async function openHost(config: AgentConfig, clock: Clock, log: Logger) {
  const { hostId, dataDirectory } = config;
  const agentMark = `${hostId}@${dataDirectory}`;
  const groups = openGroups(groupsName(hostId, dataDirectory));
  const earlier = await endLeftovers({
    ...{ groups, dataDirectory, agent: agentMark, log },
    endAll: (marks) => killAll(marks, clock),
  });
  const generation = nextGeneration(dataDirectory, clock.nowMs());
  const binaries = readBinaries(config.binaries);
  const confinement = findConfinement({
    ...{ uid: config.jobUid, network: config.jobNetwork },
    ...{ readable: [process.execPath, ...config.binaries], writable: dataDirectory },
  });
  return { agentMark, groups, earlier, generation, binaries, confinement };
}
