/** A host without a scheduler: the agent's own attempts, devices and programs, told what to do one after the other. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { type HostId, newAttemptId, orgIdSchema } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { AttemptReport, Device, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { Attempts } from '../attempts.ts';
import { openDevices } from '../devices/open-devices.ts';
import { createGuard } from '../guard/guard.ts';
import { readBinaries } from '../run/binaries.ts';
import { groupsName, openGroups } from '../run/cgroup.ts';
import { findConfinement } from '../run/confinement.ts';
import { killAll } from '../run/processes.ts';
import { localObjects } from './local-objects.ts';

export interface BenchSettings {
  hostId: HostId;
  /** As the agent's CELLBOOK_DEVICES. */
  devices: string;
  /** As the agent's CELLBOOK_BINARIES. */
  binaries: readonly string[];
  /** Made and removed by whoever calls. */
  directory: string;
}

export interface BenchTools {
  clock: Clock;
  random: Random;
  log: Logger;
}

const everyMs = 100;
/** Of a story that takes a minute on a GPU, and ten on a processor. */
const waitMsMax = 15 * 60_000;

export type BenchHost = Awaited<ReturnType<typeof benchHost>>;

export async function benchHost(settings: BenchSettings, { clock, random, log }: BenchTools) {
  const { hostId, directory } = settings;
  const dataDirectory = join(directory, 'data');
  mkdirSync(dataDirectory, { recursive: true });
  const source = openDevices(settings.devices, hostId, dataDirectory);
  let devices = await source.read(AbortSignal.timeout(waitMsMax));
  const binaries = readBinaries(settings.binaries);
  const groups = openGroups(groupsName(hostId, dataDirectory));
  const guard = createGuard(clock, log);
  const objects = localObjects(join(directory, 'objects'));
  const readable = [process.execPath, ...settings.binaries];
  const confinement = findConfinement({ uid: 'auto', network: 'none', readable, writable: dataDirectory });
  const problemOf = (indexes: readonly number[]) =>
    devices.find(({ index, healthy }) => indexes.includes(index) && !healthy)?.problem ?? '';
  const nothing = () => undefined;
  const tools = {
    ...{ clock, log, dataDirectory, agent: `${hostId}@${dataDirectory}`, binaries, objects, groups, guard },
    ...{ confinement, changed: nothing, progressed: nothing, over: nothing },
    endAll: (marks: Parameters<typeof killAll>[0]) => killAll(marks, clock),
    devices: {
      visible: (indexes: readonly number[]) => source.visible(indexes),
      ...{ problemOf, faultOf: problemOf },
    },
  };
  const attempts = new Attempts({ ended: [], unfinished: [], remains: [] }, tools);

  const reportOf = (id: AttemptReport['attemptId']) =>
    attempts.reports().find(({ attemptId }) => attemptId === id);
  async function until(
    id: AttemptReport['attemptId'],
    is: (report: AttemptReport) => boolean,
  ): Promise<AttemptReport> {
    const untilMs = clock.monotonicMs() + waitMsMax;
    for (;;) {
      const report = reportOf(id);
      if (report && (is(report) || report.state.phase === 'ended')) return report;
      if (clock.monotonicMs() > untilMs) throw new Error(`${id} did not come to it in ${waitMsMax} ms`);
      await sleep(clock, everyMs);
    }
  }

  return {
    devices: (): Device[] => devices,
    names: binaries.names,
    lacking: binaries.lacking,
    holds: groups.holds,
    lacks: confinement.lacks,
    pathOf: objects.pathOf,
    until,
    async look() {
      devices = await source.read(AbortSignal.timeout(waitMsMax));
    },
    start(order: Omit<RunOrder, 'attemptId' | 'orgId' | 'epoch' | 'kind'>) {
      const attemptId = newAttemptId(random);
      const orgId = orgIdSchema.parse(`org-${'0'.repeat(20)}`);
      attempts.start(
        { ...order, attemptId, orgId, epoch: 1, kind: 'video' },
        clock.monotonicMs() + order.wallMsLeft,
      );
      return attemptId;
    },
    stop: (id: AttemptReport['attemptId'], stopMs: number) =>
      attempts.stop(id, 'preempted', { save: true, stopMs }),
    ended: (id: AttemptReport['attemptId']) => until(id, () => false),
    async close() {
      for (const { attemptId } of attempts.live)
        attempts.stop(attemptId, 'cancelled', { save: false, stopMs: 0 });
      while (attempts.live.length > 0) await sleep(clock, everyMs);
      attempts.close();
      guard.close();
      groups.close();
    },
  };
}
