/**
 * No isolation at all: the supervisor runs as a process of this user on this host, sees its files and its
 * network, and only kernels' memory is limited. For development where gVisor cannot run, and for tests; it
 * is used only when asked for by name, and says so loudly.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { environmentVariables } from '../../environments/layout.ts';
import { makePrivateDirectory } from '../../private-directory.ts';
import type { HostedSandbox, SandboxDriver, SandboxSpec } from '../driver.ts';
import { ChildDriver, type Connect } from '../host/child-driver.ts';
import { connectLink } from '../host/connect-link.ts';
import type { Isolation, SandboxCommand } from '../host/isolation.ts';
import { SandboxRecords } from '../host/records.ts';
import { installSupervisor, type SupervisorFiles } from '../supervisor-files.ts';
import { settingsVariable, supervisorSettings } from '../supervisor-settings.ts';

export interface ProcessDriverOptions {
  stateDirectory: string;
  /** A Python that has pyzmq and ipykernel; Debian's own after `apt-get install python3-ipykernel`. */
  python?: string;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
}

const warning =
  'SANDBOX DRIVER "process": NO ISOLATION. Code from notebooks runs as this user on this host and can read ' +
  'and change everything it can. Use it only for your own code on your own machine.';

export const createProcessDriver = (options: ProcessDriverOptions): Promise<SandboxDriver> =>
  createProcessDriverWith(options, connectLink);

export async function createProcessDriverWith<Hosted extends HostedSandbox>(
  options: ProcessDriverOptions,
  connect: Connect<Hosted>,
): Promise<SandboxDriver<Hosted>> {
  options.log.warn({ driver: 'process' }, warning);
  const stateDirectory = resolve(options.stateDirectory);
  await makePrivateDirectory(stateDirectory);
  const supervisor = await installSupervisor(stateDirectory);
  const isolation = new NoIsolation(options.python ?? '/usr/bin/python3', supervisor, options.clock);
  const records = new SandboxRecords(join(stateDirectory, 'sandboxes'));
  return new ChildDriver(isolation, records, options.clock, connect);
}

/** Its own, so that nothing of it stays; short, because kernels' sockets lie in it and a socket's path has 107 bytes. */
const temporaryDirectory = (sandboxId: SandboxId) => join(tmpdir(), `cellbook-${sandboxId}`);

const marker = (sandboxId: SandboxId) => `CELLBOOK_SANDBOX_ID=${sandboxId}`;

class NoIsolation implements Isolation {
  readonly kind = 'process';
  readonly version: string;
  readonly imageDigest = 'host';
  /** What this user's processes hold cannot be written down and brought back. */
  readonly memory = null;
  readonly supervisor: SupervisorFiles;
  readonly #python: string;
  readonly #clock: Clock;

  constructor(python: string, supervisor: SupervisorFiles, clock: Clock) {
    this.version = `process (no isolation) ${python}`;
    this.#python = python;
    this.supervisor = supervisor;
    this.#clock = clock;
  }

  async prepare(spec: SandboxSpec): Promise<SandboxCommand> {
    const temporary = temporaryDirectory(spec.sandboxId);
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    const start = `import sys; sys.path.insert(0, ${JSON.stringify(this.supervisor.directory)}); from cellbook_supervisor.supervisor import main; main()`;
    return {
      argv: [this.#python, '-I', '-c', start],
      directory: spec.homeDirectory,
      environment: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        LANG: 'C.UTF-8',
        ...environmentVariables(spec.homeDirectory),
        ...spec.environment,
        HOME: spec.homeDirectory,
        TMPDIR: temporary,
        CELLBOOK_WORKSPACE_ID: spec.workspaceId,
        CELLBOOK_SANDBOX_ID: spec.sandboxId,
        [settingsVariable]: JSON.stringify(supervisorSettings(spec, false)),
      },
    };
  }

  /** No hard limit here: only the supervisor looks at memory. */
  outOfMemoryKills(): number {
    return 0;
  }

  /** Finds the processes by the mark in their environment: also those of a controller that died. */
  async clear(sandboxId: SandboxId): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + limits.sandbox.commandMsMax;
    for (let pids = await marked(sandboxId); pids.length > 0; pids = await marked(sandboxId)) {
      if (this.#clock.monotonicMs() > untilMs) throw stuck(sandboxId, pids);
      for (const pid of pids) kill(pid);
      await sleep(this.#clock, 10);
    }
    await rm(temporaryDirectory(sandboxId), { recursive: true, force: true });
  }
}

async function marked(sandboxId: SandboxId): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
      return text.split('\0').includes(marker(sandboxId)) ? Number(name) : 0;
    }),
  );
  return found.filter((pid) => pid !== 0 && pid !== process.pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}

function stuck(sandboxId: SandboxId, pids: number[]): CellbookError {
  return new CellbookError('sandbox_unavailable', {
    doing: `ending the processes of sandbox ${sandboxId}`,
    problem: `processes ${pids.join(', ')} did not end`,
    next: 'Look at these processes on the host; the next clean-up tries again.',
    ids: { sandboxId },
  });
}
