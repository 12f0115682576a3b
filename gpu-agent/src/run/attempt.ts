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
import { sleep } from '@cellbook/shared/clock.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { AttemptReport, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { aborted } from './aborted.ts';
import type { AttemptTools } from './attempt-tools.ts';
import type { Binary } from './binaries.ts';
import { Checkpoints } from './checkpoints.ts';
import {
  hostFault,
  lacksVersion,
  neverRan,
  type Outcome,
  type ProgramEnd,
  type StopReason,
} from './classify-end.ts';
import { finish, settleResult } from './finish.ts';
import type { HeldAttempt } from './held-attempt.ts';
import { HeldProcesses } from './held-processes.ts';
import { JobFolder } from './job-folder.ts';
import { jobEnvironment, launch, launchCommand } from './launch.ts';
import { marksOf } from './processes.ts';
import { RunningProgram } from './running-program.ts';
import { watchProgram } from './watch-program.ts';
import type { Fault } from './watchdog.ts';

type Phase = AttemptReport['state']['phase'];

export class Attempt implements HeldAttempt {
  readonly order: RunOrder;
  readonly folder: JobFolder;
  readonly #tools: AttemptTools;
  readonly #checkpoints: Checkpoints;
  readonly #processes: HeldProcesses;
  readonly #over = new AbortController();
  readonly #log: Logger;
  #phase: Phase = 'starting';
  #outcome: Outcome | null = null;
  #end: ProgramEnd | null = null;
  #program: RunningProgram | null = null;
  #stopped: StopReason | null = null;
  #fault: Fault | null = null;
  #untilMs: number;
  /** May become less while it runs. */
  #wallMsLeft: number;
  #workRemoved = false;

  constructor(order: RunOrder, untilMs: number, tools: AttemptTools) {
    this.order = order;
    this.#untilMs = untilMs;
    this.#wallMsLeft = order.wallMsLeft;
    this.#tools = tools;
    this.#log = tools.log.child({ attemptId: order.attemptId, jobId: order.jobId });
    this.#processes = new HeldProcesses(order.attemptId, tools, this.#log);
    this.folder = new JobFolder(tools.dataDirectory, order.attemptId);
    this.#checkpoints = new Checkpoints(order, this.folder, {
      ...{ objects: tools.objects, log: this.#log, signal: this.#over.signal },
      seen: () => this.#note(),
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
    return this.#processes.onDevices;
  }
  get uid(): number | null {
    return this.#tools.confinement.uid;
  }
  get isTidy(): boolean {
    return this.ended && this.#processes.areGone && this.#workRemoved;
  }

  async run(): Promise<void> {
    const outcome = await this.#whole().catch((thrown: unknown): Outcome => {
      this.#log.error({ err: thrown }, 'an attempt could not be carried through');
      const { message } = toCellbookError(thrown, 'running the program');
      return { kind: 'failed', class: 'host_fault', detail: message.slice(0, 2_000).toWellFormed() };
    });
    this.#outcome = outcome;
    // What it had written goes first: on a full disk its end could not be written down otherwise.
    await this.tidy();
    this.#enter('ended');
    this.#log.info({ outcome, ...this.#times() }, 'an attempt ended');
  }

  async tidy(): Promise<void> {
    if (!this.#processes.areGone) await this.#processes.clear();
    try {
      this.folder.removeWork();
      this.#workRemoved = true;
    } catch (error) {
      this.#log.error({ err: error }, 'what an attempt wrote cannot be removed: it is tried again');
    }
  }

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

  mayRunUntil(untilMs: number): void {
    this.#untilMs = untilMs;
    this.#processes.mayRunUntil(untilMs);
  }

  mayRunFor(wallMsLeft: number): void {
    this.#wallMsLeft = Math.min(this.#wallMsLeft, wallMsLeft);
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
    if (!binary) return lacksVersion(name, version);
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
    if (this.#stopped !== null) return neverRan(this.#stopped);
    const problem = devices.problemOf(this.order.devices);
    if (problem !== '') return hostFault(problem);
    const ended = await this.#runProgram(binary);
    return this.#finish({ ...ended, fault: this.#fault, stopped: this.#stopped }, binary);
  }

  async #finish(end: ProgramEnd, binary: Binary): Promise<Outcome> {
    const { confinement, objects } = this.#tools;
    try {
      await settleResult(end, binary, this.folder);
      this.#end = end;
      this.#note();
    } catch (error) {
      this.#log.error({ err: error }, 'a result is not on the disk for good: a successor would not bring it');
    }
    return finish(end, {
      ...{ order: this.order, binary, folder: this.folder, checkpoints: this.#checkpoints, confinement },
      ...{ objects, log: this.#log, signal: this.#over.signal, stopped: () => this.#stopped },
    });
  }

  /** Everything between its start and the last of its processes. */
  async #runProgram(binary: Binary): Promise<{ exitCode: number; signal: number; outOfMemory: boolean }> {
    const { clock, groups, confinement, devices, agent, progressed } = this.#tools;
    const { attemptId } = this.order;
    const { environment, minors } = devices.visible(this.order.devices);
    const group = groups.make(attemptId, { memoryMibMax: binary.memoryMibMax, minors });
    const { jobFile, output, checkpoint, work } = this.folder;
    const env = jobEnvironment({ jobFile, output, checkpoint, work }, { attemptId, agent }, environment);
    const launched = launch(launchCommand(binary, group.processLists, confinement), binary.directory, env);
    const marks = marksOf(attemptId, launched.pid, group.processLists);
    this.#processes.hold(marks);
    this.#record();
    this.#processes.mayRunUntil(this.#untilMs);
    const program = new RunningProgram(binary, launched, marks, {
      ...{ clock, progressed },
      wallMsLeft: () => this.#wallMsLeft,
    });
    this.#program = program;
    launched.go();
    if (this.#stopped === null) this.#enter('running');
    else this.#kill();
    const watching = this.#watch(program).catch((error: unknown) => {
      this.#log.error({ err: error }, 'a program cannot be watched: it is stopped');
      this.#fault ??= { class: 'host_fault', detail: 'it could not be watched' };
      this.#kill();
    });
    const end = await launched.ended;
    program.end();
    await watching;
    if (this.#phase === 'running') this.#enter('stopping');
    await this.#checkpoints.look(program.ranMs());
    const outOfMemory = group.outOfMemoryKills() > 0;
    await this.#processes.clear(group);
    return { ...end, outOfMemory };
  }

  #watch(program: RunningProgram): Promise<void> {
    const { clock, devices } = this.#tools;
    return watchProgram(program, {
      ...{ clock, log: this.#log, checkpoints: this.#checkpoints, note: () => this.#note() },
      mayAskToSave: () => this.#stopped === null && this.order.checkpoints,
      deviceProblem: () => devices.faultOf(this.order.devices),
      faulty: (fault) => {
        this.#fault = fault;
        this.#kill();
      },
    });
  }

  #kill(): void {
    this.#processes.kill();
    // What it made is of no use to anyone.
    if (this.#stopped === 'cancelled') this.#over.abort(new Error('it was cancelled'));
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
    const { leader } = this.#processes;
    const left = { end: this.#end, checkpoint: this.#checkpoints.unstored };
    this.folder.write({ order: this.order, leader, report: this.report(), ...left });
  }
}
