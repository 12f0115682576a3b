/**
 * A sandbox's hard limits, through whichever cgroup version the host has. The driver makes the groups and
 * starts runsc inside them, instead of leaving it to runsc, for two reasons: everything that belongs to a
 * sandbox can be found and killed even when its controller died, and the count of out-of-memory kills can
 * be read after the end.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';

export interface CgroupLimits {
  memoryBytesMax: number;
  cpuMillisMax: number;
  pidsMax: number;
}

/** Where groups are made: one directory per controller (v1), or the same one for all (v2). */
export interface CgroupRoots {
  version: 1 | 2;
  memory: string;
  cpu: string;
  pids: string;
}

const cpuPeriodUs = 100_000;

export async function findCgroupRoots(mount = '/sys/fs/cgroup'): Promise<CgroupRoots> {
  const controllers = await readFile(join(mount, 'cgroup.controllers'), 'utf8').catch(() => null);
  if (controllers?.includes('memory')) return { version: 2, memory: mount, cpu: mount, pids: mount };
  const names = await readdir(mount).catch(() => [] as string[]);
  const cpu = names.includes('cpu') ? 'cpu' : 'cpu,cpuacct';
  if (names.includes('memory') && names.includes('pids') && names.includes(cpu))
    return { version: 1, memory: join(mount, 'memory'), cpu: join(mount, cpu), pids: join(mount, 'pids') };
  throw new CellbookError('sandbox_unavailable', {
    doing: 'looking for control groups',
    problem: `${mount} has no memory, cpu and pids controllers`,
    next: 'Mount cgroup v2, or v1 with these controllers, and start again.',
  });
}

/** The files that set the limits, in the order they are written. Pure. */
export function limitFiles(
  version: 1 | 2,
  limits: CgroupLimits,
): Array<[controller: 'memory' | 'cpu' | 'pids', file: string, value: string]> {
  const quotaUs = Math.max(1000, Math.round((limits.cpuMillisMax * cpuPeriodUs) / 1000));
  if (version === 2)
    return [
      ['memory', 'memory.max', String(limits.memoryBytesMax)],
      ['memory', 'memory.swap.max', '0'],
      ['memory', 'memory.oom.group', '1'],
      ['cpu', 'cpu.max', `${quotaUs} ${cpuPeriodUs}`],
      ['pids', 'pids.max', String(limits.pidsMax)],
    ];
  return [
    ['memory', 'memory.limit_in_bytes', String(limits.memoryBytesMax)],
    ['memory', 'memory.memsw.limit_in_bytes', String(limits.memoryBytesMax)],
    ['cpu', 'cpu.cfs_period_us', String(cpuPeriodUs)],
    ['cpu', 'cpu.cfs_quota_us', String(quotaUs)],
    ['pids', 'pids.max', String(limits.pidsMax)],
  ];
}

/** Not on every kernel: without swap there is nothing to limit, and a group kill is ours to do. */
const optionalFiles = new Set(['memory.swap.max', 'memory.oom.group', 'memory.memsw.limit_in_bytes']);

export class SandboxCgroups {
  readonly #roots: CgroupRoots;
  readonly #parent: string;
  readonly #clock: Clock;

  /** `parent` names the controller's own group, below which each sandbox has one. */
  constructor(roots: CgroupRoots, parent: string, clock: Clock) {
    this.#roots = roots;
    this.#parent = parent;
    this.#clock = clock;
  }

  /** The `cgroup.procs` files a process writes itself into. */
  async create(name: string, limits: CgroupLimits): Promise<string[]> {
    if (this.#roots.version === 2) await this.#delegate();
    for (const directory of this.#directories(name)) await mkdir(directory, { recursive: true });
    for (const [controller, file, value] of limitFiles(this.#roots.version, limits)) {
      const path = join(this.#roots[controller], this.#parent, name, file);
      await writeFile(path, value).catch((error) => {
        if (!optionalFiles.has(file)) throw error;
      });
    }
    return this.processLists(name);
  }

  processLists(name: string): string[] {
    return this.#directories(name).map((directory) => join(directory, 'cgroup.procs'));
  }

  /** Other limits for a group that is in use. Twice, since of two that bound each other one must be moved first. */
  async change(name: string, limits: CgroupLimits): Promise<void> {
    for (const isLast of [false, true])
      for (const [controller, file, value] of limitFiles(this.#roots.version, limits))
        await writeFile(join(this.#roots[controller], this.#parent, name, file), value).catch((error) => {
          if (isLast && !optionalFiles.has(file)) throw error;
        });
  }

  /** Read at once, not awaited: it explains an exit at the moment that is reported. */
  outOfMemoryKills(name: string): number {
    const file = this.#roots.version === 2 ? 'memory.events' : 'memory.oom_control';
    const path = join(this.#roots.memory, this.#parent, name, file);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return Number(text.match(/^oom_kill (\d+)$/m)?.[1] ?? 0);
  }

  async list(): Promise<string[]> {
    const entries = await readdir(join(this.#roots.pids, this.#parent), { withFileTypes: true }).catch(
      () => [],
    );
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }

  /** Kills everything in the sandbox's groups and removes them. Idempotent. */
  async destroy(name: string, deadlineMs: number): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + deadlineMs;
    for (;;) {
      const pids = await this.#pids(name);
      for (const pid of pids) killProcess(pid);
      if (pids.length === 0 && (await this.#remove(name))) return;
      if (this.#clock.monotonicMs() > untilMs) throw stuck(name, pids);
      await sleep(this.#clock, 10);
    }
  }

  async #pids(name: string): Promise<number[]> {
    const texts = this.#directories(name).map((directory) =>
      readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => ''),
    );
    const pids = (await Promise.all(texts)).join('\n').split('\n').filter(Boolean).map(Number);
    return [...new Set(pids)].filter((pid) => pid > 1 && pid !== process.pid);
  }

  async #remove(name: string): Promise<boolean> {
    for (const directory of this.#directories(name)) {
      const error: unknown = await rmdir(directory).then(
        () => null,
        (cause) => cause,
      );
      if (error instanceof Error && 'code' in error && error.code === 'EBUSY') return false;
    }
    return true;
  }

  async #delegate(): Promise<void> {
    const parent = join(this.#roots.memory, this.#parent);
    await mkdir(parent, { recursive: true });
    for (const directory of [this.#roots.memory, parent])
      await writeFile(join(directory, 'cgroup.subtree_control'), '+memory +cpu +pids');
  }

  #directories(name: string): string[] {
    const roots = [this.#roots.memory, this.#roots.cpu, this.#roots.pids];
    return [...new Set(roots)].map((root) => join(root, this.#parent, name));
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}

function stuck(name: string, pids: number[]): CellbookError {
  return new CellbookError('sandbox_unavailable', {
    doing: `removing the control groups of sandbox ${name}`,
    problem: `processes ${pids.join(', ') || '(none seen)'} did not end`,
    next: 'Look at these processes on the host; the next clean-up tries again.',
    ids: { sandboxId: name },
  });
}
