/**
 * The processes of an attempt, from its start until none of them is left: watched by the guard, killed, and cleared away.
 * As long as one may be alive its devices stay taken.
 */
import type { Logger } from '@cellbook/shared/log.ts';
import type { AttemptTools } from './attempt-tools.ts';
import type { Group } from './cgroup.ts';
import type { Marks } from './processes.ts';

export class HeldProcesses {
  readonly #attemptId: string;
  readonly #tools: Pick<AttemptTools, 'guard' | 'groups' | 'endAll'>;
  readonly #log: Logger;
  #marks: Marks | null = null;
  #onDevices = false;

  constructor(attemptId: string, tools: Pick<AttemptTools, 'guard' | 'groups' | 'endAll'>, log: Logger) {
    this.#attemptId = attemptId;
    this.#tools = tools;
    this.#log = log;
  }

  get leader(): Marks['leader'] | null {
    return this.#marks?.leader ?? null;
  }
  /** None is left, nor anything that held them. */
  get areGone(): boolean {
    return this.#marks === null;
  }
  get onDevices(): boolean {
    return this.#onDevices;
  }

  hold(marks: Marks): void {
    this.#marks = marks;
    this.#onDevices = true;
  }

  mayRunUntil(untilMs: number): void {
    if (this.#marks && this.#onDevices) this.#tools.guard.watch(this.#attemptId, this.#marks, untilMs);
  }

  kill(): void {
    if (this.#marks)
      this.#tools.endAll(this.#marks).catch((error) => this.#log.error({ err: error }, 'killing a program'));
  }

  /** None of them is left after this, or its devices stay taken; never rejects. */
  async clear(group: Group = this.#tools.groups.open(this.#attemptId)): Promise<void> {
    const marks = this.#marks;
    if (!marks) return;
    try {
      const gone = await this.#tools.endAll(marks);
      this.#tools.guard.over(this.#attemptId);
      if (!gone) throw new Error('processes do not end');
      group.remove();
      this.#onDevices = false;
      this.#marks = null;
    } catch (error) {
      this.#log.error({ err: error, marks }, 'a program is not gone: its devices stay taken');
    }
  }
}
