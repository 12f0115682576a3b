/** A small typed emitter: listeners are called in the order they came, and get typed arguments. */
export type Listener = (...args: never[]) => void;

export class Emitter<Events extends { [Name in keyof Events]: Listener }> {
  readonly #listeners: { [Name in keyof Events]?: Set<Events[Name]> } = {};

  /** Returns the function that takes the listener off again. */
  on<Name extends keyof Events>(name: Name, listener: Events[Name]): () => void {
    const set = this.#listeners[name] ?? new Set<Events[Name]>();
    this.#listeners[name] = set;
    set.add(listener);
    return () => void set.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): void {
    for (const listener of this.#listeners[name] ?? []) listener(...args);
  }
}
