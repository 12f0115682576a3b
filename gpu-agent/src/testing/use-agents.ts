/** Agents as processes under one scripted scheduler, made anew for each test of a file and gone after it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttemptId } from '@cellbook/shared/ids.ts';
import type { AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { afterEach, beforeEach } from 'vitest';
import { livePids } from '../run/processes.ts';
import { type ScriptedScheduler, scriptedScheduler } from './scripted-scheduler.ts';
import { type TestAgent, type TestHost, testHost } from './test-agent.ts';
import { until } from './until.ts';

type End = AttemptReport & { outcome: { kind: string } & Record<string, unknown> };

export interface AgentRig {
  readonly scheduler: ScriptedScheduler;
  readonly hosts: readonly TestHost[];
  readonly agents: readonly TestAgent[];
  hostWith(other?: Record<string, string>): TestHost;
  start(host?: TestHost): TestAgent;
  /** The renderer under other bounds, or other programs in its place: a manifest for each. */
  binaryWith(...changes: Record<string, unknown>[]): string;
  processesOf(id: AttemptId): number[];
  phase(id: AttemptId): string | undefined;
  endOf(id: AttemptId): Promise<End>;
  running(id: AttemptId, progress?: number): Promise<unknown>;
}

export function useAgents(): AgentRig {
  let scheduler: ScriptedScheduler;
  let hosts: TestHost[] = [];
  let agents: TestAgent[] = [];
  let made: string[] = [];
  beforeEach(async () => {
    scheduler = await scriptedScheduler();
    [hosts, agents, made] = [[], [], []];
  });
  afterEach(async () => {
    for (const { process } of agents) process.kill('SIGKILL');
    await Promise.all(agents.map(({ ended }) => ended));
    await scheduler.close();
    for (const host of hosts) host.remove();
    for (const directory of made) rmSync(directory, { recursive: true });
  });

  const rig: AgentRig = {
    get scheduler() {
      return scheduler;
    },
    get hosts() {
      return hosts;
    },
    get agents() {
      return agents;
    },
    hostWith(other = {}) {
      const host = testHost(scheduler.url, other);
      hosts.push(host);
      return host;
    },
    start(host = rig.hostWith()) {
      const agent = host.start();
      agents.push(agent);
      return agent;
    },
    binaryWith(...changes) {
      const directory = manifestsOf(changes);
      made.push(directory);
      return directory;
    },
    processesOf: (id) => livePids({ leader: null, processLists: [], variable: `CELLBOOK_ATTEMPT_ID=${id}` }),
    phase: (id) => scheduler.attempt(id)?.state.phase,
    async endOf(id) {
      const report = await until(
        `the end of ${id}`,
        () => rig.phase(id) === 'ended' && scheduler.attempt(id),
      );
      if (report.state.phase !== 'ended') throw new Error('it has not ended');
      return { ...report, outcome: report.state.outcome };
    },
    running: (id, progress = 0) =>
      until(
        `${id} to run`,
        () => rig.phase(id) === 'running' && (scheduler.attempt(id)?.progress ?? -1) >= progress,
      ),
  };
  return rig;
}

function manifestsOf(changes: readonly Record<string, unknown>[]): string {
  const renderer = new URL('../../examples/video-renderer/', import.meta.url);
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-binary-'));
  chmodSync(directory, 0o755);
  for (const [at, change] of changes.entries()) {
    const manifest = {
      ...{ name: 'video-renderer', version: '1', result: 'output.mp4', checkpoints: true },
      command: ['node', new URL('main.ts', renderer).pathname],
      check: ['ffprobe', '-v', 'error', '{result}'],
      ...change,
    };
    writeFileSync(join(directory, `${at}.binary.json`), JSON.stringify(manifest));
  }
  return directory;
}
