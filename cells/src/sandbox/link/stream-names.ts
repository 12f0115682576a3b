/** Which stream number on the link stands for which kernel or terminal. Numbers are never used again. */
import { CellbookError } from '@cellbook/shared/errors.ts';

export class StreamNumbers {
  #next: number;

  constructor(first = 1) {
    this.#next = first;
  }

  take(): number {
    return this.#next++;
  }
}

export class StreamNames<Name extends string> {
  readonly #kind: 'kernel' | 'terminal';
  readonly #numbers: StreamNumbers;
  readonly #streams = new Map<Name, number>();
  readonly #names = new Map<number, Name>();

  constructor(kind: 'kernel' | 'terminal', numbers: StreamNumbers) {
    this.#kind = kind;
    this.#numbers = numbers;
  }

  /** Throws `already_exists` when the name is in use. */
  open(name: Name): number {
    if (this.#streams.has(name))
      throw this.#error('already_exists', name, 'the sandbox already has one of this name');
    const stream = this.#numbers.take();
    this.#streams.set(name, stream);
    this.#names.set(stream, name);
    return stream;
  }

  /** One that an earlier controller opened. */
  restore(name: Name, stream: number): void {
    this.#streams.set(name, stream);
    this.#names.set(stream, name);
  }

  streams(): number[] {
    return [...this.#names.keys()];
  }

  find(name: Name): number | undefined {
    return this.#streams.get(name);
  }

  /** Throws `not_found` when there is none. */
  get(name: Name): number {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw this.#error('not_found', name, 'the sandbox has none of this name');
    return stream;
  }

  nameOf(stream: number): Name | undefined {
    return this.#names.get(stream);
  }

  close(stream: number): void {
    const name = this.#names.get(stream);
    this.#names.delete(stream);
    if (name !== undefined) this.#streams.delete(name);
  }

  #error(code: 'already_exists' | 'not_found', name: Name, problem: string): CellbookError {
    const doing = `reaching ${this.#kind} ${name} in its sandbox`;
    return new CellbookError(code, { doing, problem, ids: { [this.#kind]: name } });
  }
}
