import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptOf, runOrder } from '../testing/orders.ts';
import type { Groups } from './cgroup.ts';
import { JobFolder } from './job-folder.ts';
import { endLeftovers } from './leftovers.ts';

const [a, b] = [attemptOf(1), attemptOf(2)];
let dataDirectory: string;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'cellbook-leftovers-'));
});
afterEach(() => rmSync(dataDirectory, { recursive: true }));

/** Groups that are not removed while `busy` names them. */
const groupsOf = (names: string[], busy: Set<string>): Groups => ({
  ...{ holds: '', names: () => names, close: () => undefined },
  make: () => {
    throw new Error('nothing is begun here');
  },
  open: (name) => ({
    ...{ processLists: [join('/groups', name, 'cgroup.procs')], outOfMemoryKills: () => 0 },
    remove() {
      if (busy.has(name)) throw new Error('EBUSY');
    },
  }),
});

function leave(attemptId: typeof a, device: number): JobFolder {
  const order = runOrder(attemptId, { devices: [device] });
  const folder = new JobFolder(dataDirectory, attemptId);
  const { jobId, epoch } = order;
  const state: AttemptReport['state'] = { phase: 'running' };
  const saved = { savedMs: 0, checkpointKey: null, progress: null, logTail: '', memoryMibMax: 0 };
  folder.make(order, null);
  const report = { attemptId, jobId, epoch, state, ranMs: 1, ...saved };
  folder.write({ order, leader: null, report, end: null, checkpoint: null });
  return folder;
}

describe('what an earlier agent left', () => {
  it('and does not go ends no agent: it is named, with the devices that it may be on, until it is gone', async () => {
    const busy = new Set<string>([b, 'att-of-no-record']);
    const stuck = new Set<string>([`CELLBOOK_ATTEMPT_ID=${a}`]);
    const folder = leave(a, 3);
    leave(b, 4);
    mkdirSync(join(dataDirectory, 'attempts', attemptOf(3)));
    const { ended, remains } = await endLeftovers({
      ...{ dataDirectory, agent: 'test', log: silentLogger },
      groups: groupsOf(['att-of-no-record'], busy),
      endAll: async ({ variable }) => !stuck.has(variable),
    });
    expect(ended.map(({ report }) => [report.attemptId, report.state.phase])).toEqual([
      [a, 'ended'],
      [b, 'ended'],
    ]);
    expect(remains.map(({ name, devices }) => [name, devices])).toEqual([
      [a, [3]],
      [b, [4]],
      ['att-of-no-record', null],
    ]);
    expect(remains[1]?.problem).toContain(`/groups/${b}`);
    expect(existsSync(join(dataDirectory, 'attempts', attemptOf(3)))).toBe(false);
    expect(existsSync(folder.work)).toBe(true);
    expect(await remains[0]?.tidy()).toBe(false);
    busy.clear();
    stuck.clear();
    expect(await Promise.all(remains.map((one) => one.tidy()))).toEqual([true, true, true]);
    expect(existsSync(folder.work)).toBe(false);
  });
});
