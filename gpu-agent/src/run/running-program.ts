/** A program while it runs: what it said, how it stands against its bounds, what it was asked. */
import { constants } from 'node:os';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Binary } from './binaries.ts';
import type { Launched } from './launch.ts';
import { catches, groupPids, type Marks, memoryMibOf, signal } from './processes.ts';
import { hear, nothingSaid, type Said } from './progress.ts';
import { type Fault, judge } from './watchdog.ts';

export interface ProgramTools {
  clock: Clock;
  /** Of its whole run; may become less. */
  wallMsLeft(): number;
  /** It is a step further. */
  progressed(): void;
}

const stepOf = (progress: number | null): number =>
  Math.floor((progress ?? -1) / limits.gpuAgent.progressStep);

export class RunningProgram {
  readonly binary: Binary;
  readonly #clock: Clock;
  readonly #wallMsLeft: () => number;
  readonly #marks: Marks;
  readonly #pid: number;
  readonly #over = new AbortController();
  readonly #startedMs: number;
  #said: Said = nothingSaid;
  #heardMs: number;
  #progressedMs: number;
  #savedMs: number;
  #endedMs: number | null = null;
  #memoryMibMax = 0;

  constructor(binary: Binary, launched: Launched, marks: Marks, given: ProgramTools) {
    this.binary = binary;
    this.#clock = given.clock;
    this.#wallMsLeft = given.wallMsLeft;
    this.#marks = marks;
    this.#pid = launched.pid;
    const nowMs = this.#clock.monotonicMs();
    this.#startedMs = this.#heardMs = this.#progressedMs = this.#savedMs = nowMs;
    launched.heard((text) => {
      const before = this.#said.progress;
      this.#said = hear(this.#said, text);
      this.#heardMs = this.#clock.monotonicMs();
      if (this.#said.progress === before) return;
      this.#progressedMs = this.#heardMs;
      if (stepOf(this.#said.progress) !== stepOf(before)) given.progressed();
    });
  }

  get said(): Said {
    return this.#said;
  }
  get memoryMibMax(): number {
    return Math.round(this.#memoryMibMax);
  }
  get ended(): boolean {
    return this.#endedMs !== null;
  }
  /** Aborts when it has ended. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  ranMs(): number {
    return (this.#endedMs ?? this.#clock.monotonicMs()) - this.#startedMs;
  }

  end(): void {
    this.#endedMs ??= this.#clock.monotonicMs();
    this.#over.abort();
  }

  /** Asks for a checkpoint when one is due; the program goes on. */
  askToSave(): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.binary.checkpoints || nowMs - this.#savedMs < this.binary.checkpointEveryMs) return;
    // One that is still starting would end by it: it is asked as soon as it listens.
    if (!catches(this.#pid, constants.signals.SIGUSR2)) return;
    this.#savedMs = nowMs;
    signal(this.#pid, 'SIGUSR2');
  }

  /** Asks it to save and end: the program itself, not what it has started. */
  stopAsked(): void {
    signal(this.#pid, 'SIGTERM');
  }

  /** What is wrong with it now, if anything is. */
  judge(deviceProblem: string): Fault | null {
    const memoryMib = memoryMibOf(groupPids(this.#marks));
    this.#memoryMibMax = Math.max(this.#memoryMibMax, memoryMib);
    const { progress } = this.#said;
    const times = { startedMs: this.#startedMs, heardMs: this.#heardMs, progressedMs: this.#progressedMs };
    return judge(
      { ...times, progress, memoryMib, deviceProblem },
      { ...this.binary, wallMsLeft: this.#wallMsLeft() },
      this.#clock.monotonicMs(),
    );
  }
}
