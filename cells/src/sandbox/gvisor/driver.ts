/**
 * The gVisor driver: `runsc run` in the foreground is the sandbox's one handle on this host, its stdin and
 * stdout are the link.
 *
 *     absent --bundle, cgroups--> made --spawn--> booting --HELLO--> running --end of runsc--> clearing --> absent
 *
 * Whatever ends a sandbox (destroy, a crash, a failed start) goes through `clear`: kill all in its cgroups,
 * let runsc forget it, remove bundle and cgroups. The bundle goes last, so that a clearing cut short is found
 * by `list` and done again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { findCgroupRoots, SandboxCgroups } from '../cgroup.ts';
import type { ObservedSandbox, Sandbox, SandboxDriver, SandboxExit, SandboxSpec } from '../driver.ts';
import { readImage, type SandboxImage } from '../image.ts';
import { StdioLink } from '../link/stdio-link.ts';
import { installSupervisor, type SupervisorFiles } from '../supervisor-files.ts';
import { ociConfig } from './bundle.ts';
import { Bundles } from './bundles.ts';
import { createRunscRuntime, type RunscRuntime } from './runtime.ts';

export interface GvisorDriverOptions {
  runscPath: string;
  /** A built image: `rootfs/` and `image.json`. */
  imageDirectory: string;
  /** This controller's own directory for bundles and runsc's state. */
  stateDirectory: string;
  clock: Clock;
}

export async function createGvisorDriver(options: GvisorDriverOptions): Promise<SandboxDriver> {
  const runscState = join(options.stateDirectory, 'runsc');
  await mkdir(runscState, { recursive: true, mode: 0o711 });
  const parent = `cellbook-${createHash('sha256').update(options.stateDirectory).digest('hex').slice(0, 12)}`;
  return new GvisorDriver({
    clock: options.clock,
    runsc: await createRunscRuntime(options.runscPath, runscState),
    runscState,
    image: await readImage(options.imageDirectory),
    supervisor: await installSupervisor(options.stateDirectory),
    bundles: new Bundles(join(options.stateDirectory, 'bundles')),
    cgroups: new SandboxCgroups(await findCgroupRoots(), parent, options.clock),
  });
}

interface Parts {
  clock: Clock;
  runsc: RunscRuntime;
  runscState: string;
  image: SandboxImage;
  supervisor: SupervisorFiles;
  bundles: Bundles;
  cgroups: SandboxCgroups;
}

interface Running {
  sandbox: Sandbox;
  child: ChildProcess;
  link: StdioLink;
  stderr: () => string;
  stopping: boolean;
}

class GvisorDriver implements SandboxDriver {
  readonly kind = 'gvisor';
  readonly version: string;
  readonly #parts: Parts;
  readonly #running = new Map<SandboxId, Running>();
  readonly #clearing = new Map<SandboxId, Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.version = `runsc ${parts.runsc.facts.version} ${parts.runsc.facts.platform}`;
  }

  async start(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    const { runsc, image, supervisor, bundles } = this.#parts;
    const doing = `starting sandbox ${spec.sandboxId}`;
    try {
      signal.throwIfAborted();
      await bundles.create(
        {
          sandboxId: spec.sandboxId,
          workspaceId: spec.workspaceId,
          epoch: spec.epoch,
          runsc: runsc.facts.version,
          platform: runsc.facts.platform,
          imageDigest: image.digest,
          supervisorDigest: supervisor.digest,
        },
        ociConfig({ spec, rootfs: image.rootfs, supervisorDirectory: supervisor.directory }),
      );
    } catch (cause) {
      throw unavailable(doing, 'its bundle could not be made', spec, cause);
    }
    try {
      const running = await this.#spawn(spec);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.sandbox.bootMsMax)]);
      await running.link.waitForHello(deadline);
      return running.sandbox;
    } catch (cause) {
      const running = this.#running.get(spec.sandboxId);
      await this.destroy(spec.sandboxId);
      const said = running?.stderr().trim().slice(-1000) || 'nothing';
      throw unavailable(doing, `it did not come up; it said: ${said}`, spec, cause);
    }
  }

  async list(): Promise<ObservedSandbox[]> {
    const labels = await this.#parts.bundles.list();
    return labels.map(({ sandboxId, workspaceId, epoch }) => ({
      sandboxId,
      workspaceId,
      epoch,
      attached: this.#running.has(sandboxId),
    }));
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    const running = this.#running.get(sandboxId);
    if (!running) return this.#clear(sandboxId);
    running.stopping = true;
    await this.#clear(sandboxId);
    await running.sandbox.exited;
  }

  async #spawn(spec: SandboxSpec): Promise<Running> {
    const { runsc, bundles, cgroups, clock } = this.#parts;
    const procs = await cgroups.create(spec.sandboxId, hardLimits(spec));
    const join = procs.map((path) => `echo $$ > '${path}'`).join(' && ');
    const command = runsc.argv('run', `--bundle=${bundles.path(spec.sandboxId)}`, spec.sandboxId);
    const child = spawn('/bin/sh', ['-c', `${join} && exec "$@"`, 'sh', ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { PATH: process.env.PATH },
    });
    const link = new StdioLink({ input: child.stdin, output: child.stdout }, clock);
    const stderr = collectTail(child, limits.sandbox.stderrTailBytes);
    const exited = this.#watch(spec, child, link, stderr);
    const { sandboxId: id, workspaceId, epoch } = spec;
    const running = {
      sandbox: { id, workspaceId, epoch, link, exited },
      child,
      link,
      stderr,
      stopping: false,
    };
    this.#running.set(id, running);
    return running;
  }

  /** Settles when the sandbox has ended and nothing of it is left. */
  async #watch(
    spec: SandboxSpec,
    child: ChildProcess,
    link: StdioLink,
    stderr: () => string,
  ): Promise<SandboxExit> {
    const { code, signal } = await childExit(child);
    const kills = await this.#parts.cgroups.outOfMemoryKills(spec.sandboxId);
    const stopping = this.#running.get(spec.sandboxId)?.stopping ?? false;
    link.close();
    await this.#clear(spec.sandboxId).catch(() => undefined);
    this.#running.delete(spec.sandboxId);
    if (stopping) return { reason: 'stopped' };
    if (kills > 0) return { reason: 'out_of_memory', memoryBytesMax: spec.limits.memoryBytesMax };
    return { reason: 'crashed', exitCode: code, signal, stderrTail: stderr() };
  }

  /** One clearing at a time per sandbox; a failed one may be tried again. */
  #clear(sandboxId: SandboxId): Promise<void> {
    const going = this.#clearing.get(sandboxId);
    if (going) return going;
    const clearing = this.#clearNow(sandboxId).finally(() => this.#clearing.delete(sandboxId));
    this.#clearing.set(sandboxId, clearing);
    return clearing;
  }

  async #clearNow(sandboxId: SandboxId): Promise<void> {
    const { cgroups, runsc, runscState, bundles } = this.#parts;
    await cgroups.destroy(sandboxId, limits.sandbox.commandMsMax);
    await runsc.run('delete', '--force', sandboxId).catch(() => undefined);
    await rm(join(runscState, `${sandboxId}_sandbox:${sandboxId}.state`), { force: true });
    await rm(join(runscState, `${sandboxId}_sandbox:${sandboxId}.lock`), { force: true });
    await bundles.remove(sandboxId);
  }
}

function hardLimits({ limits: wanted }: SandboxSpec) {
  const { overheadBytes, hardLimitFactor, hostPidsPerPid, hostPidsBase } = limits.sandbox;
  return {
    memoryBytesMax: Math.ceil(wanted.memoryBytesMax * hardLimitFactor) + overheadBytes,
    cpuMillisMax: wanted.cpuMillisMax,
    pidsMax: wanted.pidsMax * hostPidsPerPid + hostPidsBase,
  };
}

function childExit(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function collectTail(child: ChildProcess, bytesMax: number): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-bytesMax);
  });
  return () => tail;
}

function unavailable(doing: string, problem: string, spec: SandboxSpec, cause: unknown): CellbookError {
  const ids = { sandboxId: spec.sandboxId, workspaceId: spec.workspaceId };
  const next = 'Try again; if it fails again, give the request id to your operator.';
  return new CellbookError('sandbox_unavailable', { doing, problem, next, ids, cause });
}
