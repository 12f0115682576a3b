/** What a cell says to the console of somebody who has something of everything: every phase, every kind of use. */
import type { Workspace } from '@cellbook/shared/protocol/workspace.ts';

const at = '2026-11-20T08:00:00.000Z';

const workspace = (name: string, change: Partial<Workspace>) => ({
  ...{
    id: `ws-${name.length.toString(36).padStart(20, '0')}`,
    name,
    desired: 'suspended',
    phase: 'suspended',
  },
  ...{ generation: 1, problem: null, createdAt: at, lastActiveAt: at, undoUntil: null },
  ...change,
});

export const waiting = workspace('Waits', { desired: 'running', phase: 'resuming' });
export const running = workspace('Analysis', { desired: 'running', phase: 'running' });

export const inEveryPhase = [
  running,
  waiting,
  workspace(
    'A name as long as names of workspaces are once somebody has described in it what they are for',
    {},
  ),
  workspace('Suspending', { phase: 'suspending' }),
  workspace('Broken', { phase: 'failed', problem: 'no host has room for it; it is tried again by itself' }),
  workspace('Away', { desired: 'deleted', phase: 'deleted', undoUntil: '2126-11-27T08:00:00.000Z' }),
];

const amount = (used: number, limit: number) => ({ used, limit });
const quotas = {
  ...{ workspaces: amount(6, 20), runningSandboxes: amount(2, 2) },
  ...{ memoryBytes: amount(2 ** 31, 2 ** 33), storageBytes: amount(19 * 2 ** 30, 20 * 2 ** 30) },
};
const held = (hours: number) => ({ seconds: hours * 3_600, byteSeconds: hours * 3_600 * 2 ** 30 });
const row = (key: string, name: string, hours: number) => ({
  ...{ start: at, key, name, sandboxes: [], running: held(hours), live: held(hours * 2), memory: held(0) },
  ...{ memoryRemote: held(0.001), files: held(hours * 9), versions: held(1), environment: held(0) },
  egress: { upBytes: 2 ** 20, downBytes: 2 ** 33 },
});

export const used = {
  ...{ user: quotas, organisation: quotas },
  metered: {
    ...{ from: at, to: at, by: 'total', group: 'workspace', missing: ['us-1'] },
    rows: [row(running.id, running.name, 31), row(waiting.id, waiting.name, 2)],
  },
};
