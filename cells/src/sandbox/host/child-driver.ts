/**
 * Sandboxes as child processes: the child's stdin and stdout are the link, its end is the sandbox's end.
 *
 *     absent --record--> recorded --prepare, spawn--> booting --HELLO--> running --end of child--> clearing --> absent
 *                                                            freeze │ ▲ thaw
 *                                                                   ▼ │
 *                                                                  frozen
 *
 * Whatever ends a sandbox (destroy, a crash, a failed start) goes through `clear`: the isolation kills what
 * is left, then the record goes. The record goes last, so that a clearing cut short is found by `list` and
 * done again.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type {
  DriverKind,
  HostedSandbox,
  ObservedSandbox,
  SandboxDriver,
  SandboxExit,
  SandboxSpec,
} from '../driver.ts';
import type { Keepsake, Restored, Waking } from '../link/keepsake.ts';
import type { LinkStreams } from '../link/stdio-link.ts';
import type { Hello, KernelExit } from '../link/supervisor-link.ts';
import { type SandboxShape, shapeOf } from '../snapshot/snapshot-files.ts';
import type { SupervisorFiles } from '../supervisor-files.ts';
import { ChildPool } from './child-pool.ts';
import { ChildSnapshots } from './child-snapshots.ts';
import type { Isolation, SandboxCommand } from './isolation.ts';
import { MemoryKills } from './memory-kills.ts';
import type { SandboxRecords } from './records.ts';
import { Shells } from './shells.ts';

/** Whatever talks over a child's pipes: the link itself, or what hands them on to a controller elsewhere. */
export interface ChildConnection<Hosted extends HostedSandbox> {
  /** Resolves when the supervisor has said HELLO. */
  booted(signal: AbortSignal): Promise<Hello>;
  /** Whoever is connected from elsewhere is cut off: from now on nothing is heard or said. */
  cut(): void;
  /** Goes on after QUIESCE: resolves when the supervisor has said HELLO again. */
  wake(signal: AbortSignal): Promise<unknown>;
  /** Tells the supervisor anew what it is: resolves when it has said HELLO again. */
  tell(restored: Restored, signal: AbortSignal): Promise<unknown>;
  /** What the connection after a restore goes on with. */
  keepsake(): Keepsake;
  /** The sandbox with its way in. */
  hosted(sandbox: HostedSandbox): Hosted;
  /** Called once when nothing more can be said or heard. */
  onClosed(listener: () => void): void;
  close(): void;
}

export type Connect<Hosted extends HostedSandbox> = (
  streams: LinkStreams,
  clock: Clock,
  /** What the host knows about a kernel's end that the inside does not. */
  explain: (exit: KernelExit) => KernelExit,
  /** Where the child is a sandbox that comes back. */
  waking?: Waking,
) => ChildConnection<Hosted>;

export interface Running<Hosted extends HostedSandbox> {
  sandbox: Hosted;
  how: BringUp;
  connection: ChildConnection<Hosted>;
  stderr: () => string;
  stopping: boolean;
  /** How its end is told where it was asked for. */
  endsAs: SandboxExit;
  frozen: boolean;
}

/** How one is brought up: from nothing, or from an image. */
export interface BringUp {
  prepare(directory: string): Promise<SandboxCommand>;
  supervisor: SupervisorFiles;
  shape: SandboxShape;
  waking?: Waking;
  /** Set where its process is there already, made ahead. */
  made?: { child: ChildProcessWithoutNullStreams; enter(directory: string): Promise<void> };
  deadlineMs: number;
}

const stopped: SandboxExit = { reason: 'stopped' };

export class ChildDriver<Hosted extends HostedSandbox> implements SandboxDriver<Hosted> {
  readonly kind: DriverKind;
  readonly version: string;
  readonly snapshots: ChildSnapshots<Hosted> | null;
  readonly pool: ChildPool<Hosted> | null;
  readonly ahead: Shells | null;
  readonly #isolation: Isolation;
  readonly #records: SandboxRecords;
  readonly #clock: Clock;
  readonly #connect: Connect<Hosted>;
  readonly #running = new Map<SandboxId, Running<Hosted>>();
  /** From before its record is there until it runs, or is cleared away again. */
  readonly #comingUp = new Set<SandboxId>();
  readonly #clearing = new Map<SandboxId, Promise<void>>();

  /** With `ahead`, sandboxes are made ahead for those that come back: their ids are drawn from it. */
  constructor(
    isolation: Isolation,
    records: SandboxRecords,
    clock: Clock,
    connect: Connect<Hosted>,
    ahead: Random | null = null,
    log: Pick<Logger, 'warn'> | null = null,
  ) {
    this.kind = isolation.kind;
    this.version = isolation.version;
    this.#isolation = isolation;
    this.#records = records;
    this.#clock = clock;
    this.#connect = connect;
    const inside = {
      running: (sandboxId: SandboxId) => this.#running.get(sandboxId),
      directory: (sandboxId: SandboxId) => records.path(sandboxId),
      clear: (sandboxId: SandboxId) => this.#clear(sandboxId),
      destroy: (sandboxId: SandboxId) => this.destroy(sandboxId),
      bringUp: (spec: SandboxSpec, how: BringUp, signal: AbortSignal) => this.#bringUp(spec, how, signal),
    };
    const { memory, supervisor } = isolation;
    const { version: runtime, imageDigest } = isolation;
    const about = { runtime, imageDigest };
    const { clear } = inside;
    const shells =
      memory &&
      ahead &&
      new Shells({ isolation: memory.shells, records, about, clear, clock, random: ahead, log });
    this.ahead = shells;
    const snapshots = memory && new ChildSnapshots(memory, inside, clock, shells);
    this.snapshots = snapshots;
    this.pool = snapshots && new ChildPool({ memory, supervisor, snapshots, inside, records, clock });
  }

  start(spec: SandboxSpec, signal: AbortSignal): Promise<Hosted> {
    const prepare = (directory: string) => this.#isolation.prepare(spec, directory);
    const { supervisor } = this.#isolation;
    const deadlineMs = limits.sandbox.bootMsMax;
    return this.#bringUp(
      spec,
      { prepare, supervisor, shape: shapeOf(spec.limits, 'mounted'), deadlineMs },
      signal,
    );
  }

  async #bringUp(spec: SandboxSpec, how: BringUp, signal: AbortSignal): Promise<Hosted> {
    const { sandboxId } = spec;
    const isFirst = !this.#comingUp.has(sandboxId);
    this.#comingUp.add(sandboxId);
    try {
      return await this.#bringUpRecorded(spec, how, signal);
    } finally {
      if (isFirst) this.#comingUp.delete(sandboxId);
    }
  }

  async #bringUpRecorded(spec: SandboxSpec, how: BringUp, signal: AbortSignal): Promise<Hosted> {
    await this.#record(spec, how, signal);
    try {
      signal.throwIfAborted();
      const running = await this.#spawn(spec, how);
      await this.#booted(running, how, signal);
      return running.sandbox;
    } catch (cause) {
      const running = this.#running.get(spec.sandboxId);
      await this.destroy(spec.sandboxId);
      const said = running?.stderr().trim().slice(-1000) || 'nothing';
      throw unavailable(`it did not come up; it said: ${said}`, spec, cause);
    }
  }

  async list(): Promise<ObservedSandbox[]> {
    // One that is coming up is whoever starts it to clear away, and no orphan.
    const isComingUp = (id: SandboxId) => this.#comingUp.has(id) && !this.#running.has(id);
    const records = (await this.#records.list()).filter(
      ({ sandboxId }) => !this.ahead?.has(sandboxId) && !isComingUp(sandboxId),
    );
    return records.map(({ sandboxId, workspaceId, epoch }) => {
      return { sandboxId, workspaceId, epoch, attached: this.#running.has(sandboxId) };
    });
  }

  async relabel(sandboxId: SandboxId, epoch: number): Promise<Hosted | null> {
    const running = this.#running.get(sandboxId);
    if (!running || running.stopping || !(await this.#records.relabel(sandboxId, epoch))) return null;
    running.sandbox = { ...running.sandbox, epoch };
    return running.sandbox;
  }

  async destroy(sandboxId: SandboxId, as?: SandboxExit): Promise<void> {
    const running = this.#running.get(sandboxId);
    if (running && !running.stopping && as) running.endsAs = as;
    if (running) running.stopping = true;
    await this.#clear(sandboxId);
    await running?.sandbox.exited;
  }

  async #booted({ connection }: Running<Hosted>, how: BringUp, signal: AbortSignal): Promise<void> {
    const doing = 'waiting for the supervisor';
    const details = { code: 'sandbox_unavailable', doing } as const;
    const said = (both: AbortSignal) => connection.booted(both);
    const { lastSeq } = await withDeadline(this.#clock, how.deadlineMs, details, said, signal);
    if (!how.waking || how.waking.keepsake.heardSeq === lastSeq) return;
    const problem = `it has said ${lastSeq} frames, of which ${how.waking.keepsake.heardSeq} were heard`;
    throw new CellbookError('sandbox_unavailable', { doing, problem });
  }

  async #record(spec: SandboxSpec, how: BringUp, signal: AbortSignal): Promise<void> {
    const { sandboxId, workspaceId, epoch } = spec;
    const { version: runtime, imageDigest } = this.#isolation;
    const supervisorDigest = how.supervisor.digest;
    try {
      signal.throwIfAborted();
      if (how.made && (await this.#records.claim(sandboxId, workspaceId, epoch))) return;
      await this.#records.create({ sandboxId, workspaceId, epoch, runtime, imageDigest, supervisorDigest });
    } catch (cause) {
      throw unavailable('its record could not be written, or it exists already', spec, cause);
    }
  }

  async #spawn(spec: SandboxSpec, how: BringUp): Promise<Running<Hosted>> {
    const directory = this.#records.path(spec.sandboxId);
    const child = how.made?.child ?? start(await how.prepare(directory));
    const memory = new MemoryKills(spec, () => this.#isolation.outOfMemoryKills(spec.sandboxId));
    const streams = { input: child.stdin, output: child.stdout };
    const connection = this.#connect(streams, this.#clock, (exit) => memory.explain(exit), how.waking);
    connection.onClosed(() => this.#endUnreachable(child, streams));
    const stderr = collectTail(child);
    const { sandboxId: id, workspaceId, epoch } = spec;
    const exited = this.#watch(spec, child, connection, stderr, memory);
    const sandbox = connection.hosted({ id, workspaceId, epoch, exited });
    const running = { sandbox, how, connection, stderr, stopping: false, endsAs: stopped, frozen: false };
    this.#running.set(id, running);
    await how.made?.enter(directory);
    return running;
  }

  /** One that broke the protocol is ended at once; one whose output ended is on its way out, or made to be. */
  #endUnreachable(child: ChildProcess, { output }: LinkStreams): void {
    const graceMs = output.readableEnded ? limits.sandbox.endGraceMs : 0;
    this.#clock.setTimer(graceMs, () => child.kill('SIGKILL'));
  }

  /** Settles when the sandbox has ended and nothing of it is left. */
  async #watch(
    spec: SandboxSpec,
    child: ChildProcess,
    connection: ChildConnection<Hosted>,
    stderr: () => string,
    memory: MemoryKills,
  ): Promise<SandboxExit> {
    const { code, signal } = await endOf(child);
    const { stopping, endsAs } = this.#running.get(spec.sandboxId) ?? { stopping: true, endsAs: stopped };
    const outOfMemory = !stopping && memory.hasAnother();
    connection.close();
    await this.#clear(spec.sandboxId).catch(() => undefined);
    this.#running.delete(spec.sandboxId);
    if (stopping) return endsAs;
    if (outOfMemory) return { reason: 'out_of_memory', memoryBytesMax: spec.limits.memoryBytesMax };
    return { reason: 'crashed', exitCode: code, signal, stderrTail: stderr() };
  }

  /** One clearing at a time per sandbox; a failed one leaves the record, and may be tried again. */
  #clear(sandboxId: SandboxId): Promise<void> {
    const going = this.#clearing.get(sandboxId);
    if (going) return going;
    const clearing = this.#isolation
      .clear(sandboxId)
      .then(() => this.#records.remove(sandboxId))
      .finally(() => this.#clearing.delete(sandboxId));
    this.#clearing.set(sandboxId, clearing);
    return clearing;
  }
}

function start({ argv, environment, directory }: SandboxCommand): ChildProcessWithoutNullStreams {
  const [file = '', ...args] = argv;
  return spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: environment,
    cwd: directory,
  });
}

function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function collectTail(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-limits.sandbox.stderrTailBytes);
  });
  return () => tail;
}

function unavailable(problem: string, spec: SandboxSpec, cause: unknown): CellbookError {
  const doing = `starting sandbox ${spec.sandboxId}`;
  const ids = { sandboxId: spec.sandboxId, workspaceId: spec.workspaceId };
  const next = 'Try again; if it fails again, give the request id to your operator.';
  return new CellbookError('sandbox_unavailable', { doing, problem, next, ids, cause });
}
