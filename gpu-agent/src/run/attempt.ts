/**
 * One attempt of a job on this host, from its order to its end on record:
 *
 *     starting ──▶ running ──▶ stopping ──▶ ended        (reported until the scheduler says that it has it on record)
 *      folder,      program,    its last        outcome on disk
 *      checkpoint,  watchdogs,  processes gone,
 *      devices free checkpoints result brought away
 *
 * Whatever happens, it ends: with an outcome, with none of its processes alive, and said so. Devices are free before it
 * says that it ended.
 */
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { resultKeyOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { AttemptReport, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Visibility } from '../devices/device-source.ts';
import type { Guard } from '../guard/guard.ts';
import type { Objects } from '../objects/objects.ts';
import type { Binaries, Binary } from './binaries.ts';
import type { Group, Groups } from './cgroup.ts';
import { resultProblem } from './check-result.ts';
import { Checkpoints } from './checkpoints.ts';
import { classifyEnd, type Outcome, type StopReason } from './classify-end.ts';
import { JobFolder } from './job-folder.ts';
import { type Confinement, jobEnvironment, type Launched, launch, launchCommand } from './launch.ts';
import { openInside } from './open-inside.ts';
import { identityOf, killAll, type Marks } from './processes.ts';
import { RunningProgram } from './running-program.ts';
import type { Fault } from './watchdog.ts';

export interface AttemptTools {
  clock: Clock;
  log: Logger;
  dataDirectory: string;
  /** In the environment of every program of this agent. */
  agent: string;
  binaries: Binaries;
  objects: Objects;
  groups: Groups;
  guard: Guard;
  confinement: Confinement;
  devices: {
    visible(indexes: readonly number[]): Visibility;
    /** Why they must not be used; empty: they are there and well. */
    problemOf(indexes: readonly number[]): string;
    /** Resolves when nothing else runs on them. */
    free(attempt: Attempt): Promise<void>;
  };
  /** Something is to be reported now. */
  changed(): void;
  /** Something is to be reported soon. */
  progressed(): void;
}

type Phase = 'starting' | 'running' | 'stopping' | 'ended';

export class Attempt {
  readonly order: RunOrder;
  readonly folder: JobFolder;
  readonly #tools: AttemptTools;
  readonly #checkpoints: Checkpoints;
  readonly #over = new AbortController();
  readonly #log: Logger;
  #phase: Phase = 'starting';
  #outcome: Outcome | null = null;
  #program: RunningProgram | null = null;
  #launched: { launched: Launched; marks: Marks } | null = null;
  #stopped: StopReason | null = null;
  #fault: Fault | null = null;
  #untilMs: number;
  /** Until none of its processes can be on its devices. */
  #onDevices = false;

  constructor(order: RunOrder, untilMs: number, tools: AttemptTools) {
    this.order = order;
    this.#untilMs = untilMs;
    this.#tools = tools;
    this.#log = tools.log.child({ attemptId: order.attemptId, jobId: order.jobId });
    this.folder = new JobFolder(tools.dataDirectory, order.attemptId);
    this.#checkpoints = new Checkpoints(order, this.folder, {
      ...{ objects: tools.objects, log: this.#log, signal: this.#over.signal },
      stored: () => {
        this.#note();
        tools.changed();
      },
    });
  }

  get attemptId() {
    return this.order.attemptId;
  }
  get ended(): boolean {
    return this.#phase === 'ended';
  }
  get stopped(): boolean {
    return this.#stopped !== null;
  }
  get onDevices(): boolean {
    return this.#onDevices;
  }

  /** Settles when it has ended; never rejects. */
  async run(): Promise<void> {
    const outcome = await this.#whole().catch((thrown: unknown): Outcome => {
      this.#log.error({ err: thrown }, 'an attempt could not be carried through');
      const { message } = toCellbookError(thrown, 'running the program');
      return { kind: 'failed', class: 'host_fault', detail: message.slice(0, 2_000).toWellFormed() };
    });
    if (this.#launched) await this.#clear(this.#launched.marks);
    this.#outcome = outcome;
    // What it had written goes first: on a full disk its end could not be written down otherwise.
    this.folder.removeWork();
    this.#enter('ended');
    this.#log.info({ outcome, ...this.#times() }, 'an attempt ended');
  }

  /** Saves if it can, and ends within this time; without `save` at once. Told again it may only become sooner. */
  stop(reason: StopReason, { save, stopMs }: { save: boolean; stopMs: number }): void {
    if (this.ended || (this.#stopped !== null && save)) return;
    this.#stopped ??= reason;
    const program = this.#program;
    if (!program) {
      if (this.#phase === 'starting') this.#over.abort(new Error(`stopped: ${reason}`));
      return;
    }
    const saves = save && this.order.checkpoints && program.binary.checkpoints;
    if (this.#phase === 'running') this.#enter('stopping');
    if (!saves || program.ended) {
      this.#kill();
      return;
    }
    program.stopAsked();
    sleep(this.#tools.clock, stopMs, program.over).then(
      () => this.#kill(),
      () => undefined,
    );
  }

  /** Its right was renewed until then. */
  mayRunUntil(untilMs: number): void {
    this.#untilMs = untilMs;
    if (this.#launched && this.#onDevices)
      this.#tools.guard.watch(this.attemptId, this.#launched.marks, untilMs);
  }

  report(): AttemptReport {
    const { attemptId, jobId, epoch } = this.order;
    const phase = this.#phase;
    const state =
      phase === 'ended' && this.#outcome
        ? { phase, outcome: this.#outcome }
        : { phase: phase === 'ended' ? 'stopping' : phase };
    return {
      ...{ attemptId, jobId, epoch, state: state as AttemptReport['state'], ...this.#times() },
      ...this.#checkpoints.saved,
      progress: this.#program?.said.progress ?? null,
      logTail: this.#program?.said.tail.slice(-limits.gpuAgent.run.logReportedMax).toWellFormed() ?? '',
    };
  }

  async #whole(): Promise<Outcome> {
    const { binaries, confinement, devices } = this.#tools;
    const { binary: name, version } = this.order;
    const binary = binaries.find(name, version);
    if (!binary) return hostFault(`this host has no ${name}@${version}`);
    this.folder.make(this.order, confinement.uid);
    this.#record();
    try {
      await this.#checkpoints.fetch((path) => {
        if (confinement.uid !== null) chownSync(path, confinement.uid, confinement.uid);
      });
      await Promise.race([devices.free(this), aborted(this.#over.signal)]);
    } catch (thrown) {
      if (this.#stopped === null) throw thrown;
    }
    if (this.#stopped !== null) return this.#neverRan(this.#stopped);
    const problem = devices.problemOf(this.order.devices);
    if (problem !== '') return hostFault(problem);
    const end = await this.#runProgram(binary);
    const kind = await this.#judge(binary, end);
    if (kind.kind === 'succeeded') return this.#bringResult(binary);
    await this.#checkpoints.settled();
    return kind;
  }

  /** Everything between its start and the last of its processes. */
  async #runProgram(binary: Binary): Promise<{ exitCode: number; signal: number; outOfMemory: boolean }> {
    const { clock, groups, confinement, devices, guard, agent, progressed } = this.#tools;
    const { attemptId } = this.order;
    const { environment, minors } = devices.visible(this.order.devices);
    const group = groups.make(attemptId, { memoryMibMax: binary.memoryMibMax, minors });
    const { jobFile, output, checkpoint, work } = this.folder;
    const env = jobEnvironment({ jobFile, output, checkpoint, work }, { attemptId, agent }, environment);
    this.#onDevices = true;
    const launched = launch(launchCommand(binary, group.processLists, confinement), binary.directory, env);
    const marks = marksOf(attemptId, launched.pid, group);
    this.#launched = { launched, marks };
    this.#record();
    guard.watch(attemptId, marks, this.#untilMs);
    const program = new RunningProgram(binary, launched, marks, { clock, order: this.order, progressed });
    this.#program = program;
    launched.go();
    if (this.#stopped === null) this.#enter('running');
    else this.#kill();
    const watching = this.#watch(program);
    const end = await launched.ended;
    program.end();
    await watching;
    if (this.#phase === 'running') this.#enter('stopping');
    await this.#checkpoints.look(program.ranMs());
    const outOfMemory = group.outOfMemoryKills() > 0;
    await this.#clear(marks, group);
    return { ...end, outOfMemory };
  }

  async #watch(program: RunningProgram): Promise<void> {
    const { clock, devices, log } = this.#tools;
    for (let ranMs = 0; !program.ended; ranMs = program.ranMs()) {
      await sleep(clock, limits.gpuAgent.run.everyMs, program.over).catch(() => undefined);
      if (program.ended) return;
      await this.#checkpoints
        .look(ranMs)
        .catch((error) => log.warn({ err: error }, 'looking for a checkpoint'));
      if (this.#stopped === null && this.order.checkpoints) program.askToSave();
      const fault = program.judge(devices.problemOf(this.order.devices));
      if (!fault || this.#fault) continue;
      this.#fault = fault;
      this.#log.warn({ fault }, 'a program is stopped');
      this.#kill();
    }
  }

  async #judge(binary: Binary, end: { exitCode: number; signal: number; outOfMemory: boolean }) {
    const looksDone = end.exitCode === 0 && end.signal === 0 && !this.#fault;
    return classifyEnd({
      ...end,
      ...{ fault: this.#fault, stopped: this.#stopped, diskFull: this.folder.isDiskFull() },
      resultProblem: looksDone ? await resultProblem(binary, this.folder, this.#tools.confinement) : '',
    });
  }

  async #bringResult(binary: Binary): Promise<Outcome> {
    const { jobId, attemptId } = this.order;
    const key = resultKeyOf(jobId, attemptId, binary.result);
    const file = await openInside(join(this.folder.output, binary.result), this.folder.work);
    if (!file) return { kind: 'failed', class: 'bad_output', detail: 'its result went away' };
    try {
      const { bytes } = await this.#tools.objects.upload(key, file, this.#over.signal);
      return { kind: 'succeeded', resultKey: key, bytes };
    } catch (thrown) {
      if (this.#stopped === 'cancelled') return { kind: 'cancelled' };
      this.#log.error({ err: thrown }, 'a result could not be brought away');
      return hostFault('its result could not be brought to the store');
    } finally {
      await file.close();
    }
  }

  #kill(): void {
    if (this.#launched) void killAll(this.#launched.marks, this.#tools.clock);
    // What it made is of no use to anyone.
    if (this.#stopped === 'cancelled') this.#over.abort(new Error('it was cancelled'));
  }

  /** None of its processes is left after this, or the host is not to be used any more. */
  async #clear(marks: Marks, group?: Group): Promise<void> {
    const gone = await killAll(marks, this.#tools.clock);
    this.#tools.guard.over(this.attemptId);
    if (!gone) {
      this.#log.error({ marks }, 'processes do not end: their devices stay taken');
      return;
    }
    this.#onDevices = false;
    (group ?? this.#tools.groups.open(this.attemptId)).remove();
    this.#launched = null;
  }

  #neverRan(reason: StopReason): Outcome {
    if (reason === 'cancelled') return { kind: 'cancelled' };
    if (reason === 'preempted') return { kind: 'preempted' };
    return { kind: 'failed', class: 'lost', detail: 'it lost its right to run before it ran' };
  }

  #times() {
    return { ranMs: this.#program?.ranMs() ?? 0, memoryMibMax: this.#program?.memoryMibMax ?? 0 };
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#note();
    this.#tools.changed();
  }

  /** What a successor would like to know, and can do without: a full disk ends no attempt. */
  #note(): void {
    try {
      this.#record();
    } catch (error) {
      this.#log.error({ err: error }, 'what became of an attempt could not be written down');
    }
  }

  /** What must be on disk before anything goes on. */
  #record(): void {
    const leader = this.#launched?.marks.leader ?? null;
    this.folder.write({ order: this.order, leader, report: this.report() });
  }
}

function marksOf(attemptId: string, pid: number, group: Group): Marks {
  const { processLists } = group;
  return { leader: identityOf(pid), processLists, variable: `CELLBOOK_ATTEMPT_ID=${attemptId}` };
}

const hostFault = (detail: string): Outcome => ({
  kind: 'failed',
  class: 'host_fault',
  detail: detail.slice(0, 2_000).toWellFormed(),
});

const aborted = (over: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (over.aborted) reject(over.reason);
    over.addEventListener('abort', () => reject(over.reason), { once: true });
  });
