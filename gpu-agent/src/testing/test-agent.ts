/** A real agent, as a process of its own, on a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentKeyOf } from '@cellbook/shared/gpu/agent-key.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { groupsName, openGroups } from '../run/cgroup.ts';
import { testRegionSecret } from './scripted-scheduler.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
const renderer = fileURLToPath(new URL('../../examples/video-renderer', import.meta.url));
let count = 0;

export interface TestHost {
  hostId: string;
  directory: string;
  data: string;
  environment: Record<string, string>;
  /** Starts its agent; one at a time. */
  start(): TestAgent;
  log(): string;
  remove(): void;
}

export interface TestAgent {
  process: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export function testHost(schedulerUrl: string, other: Record<string, string> = {}): TestHost {
  const hostId = hostIdSchema.parse(`test-${process.pid}-${count++}`);
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-agent-'));
  const data = other.CELLBOOK_DATA_DIR ?? join(directory, 'data');
  const keyFile = join(directory, 'key');
  mkdirSync(data, { recursive: true });
  // Programs without rights of their own reach their files through it.
  for (const path of [directory, data]) chmodSync(path, 0o755);
  writeFileSync(keyFile, agentKeyOf(testRegionSecret, hostId), { mode: 0o600 });
  const logPath = join(directory, 'log');
  const environment = {
    CELLBOOK_HOST_ID: hostId,
    CELLBOOK_PORT: '0',
    CELLBOOK_DATA_DIR: data,
    CELLBOOK_SCHEDULER_URLS: schedulerUrl,
    CELLBOOK_AGENT_KEY_FILE: keyFile,
    CELLBOOK_DEVICES: 'simulated:H200*2',
    CELLBOOK_BINARIES: renderer,
    ...other,
  };
  return {
    ...{ hostId, directory, data, environment },
    start() {
      const log = openSync(logPath, 'a');
      const child = spawn(process.execPath, [program], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', log, log],
      });
      const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
        child.once('exit', (code, signal) => resolve({ code, signal })),
      );
      return { process: child, ended };
    },
    log: () => readFileSync(logPath, 'utf8'),
    remove() {
      removeGroups(hostId, data);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What an agent that was killed could not take away; its programs are dead by now, or about to be. */
function removeGroups(hostId: string, data: string): void {
  const groups = openGroups(groupsName(hostId, data));
  for (const name of groups.names())
    try {
      groups.open(name).remove();
    } catch {
      // The last of its processes is not gone yet: an empty directory stays.
    }
  groups.close();
}
