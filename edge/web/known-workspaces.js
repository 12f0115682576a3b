// What the page knows of the workspaces, from three sources that may overtake one another: the list, the
// answer to a click, and the events. Events come in order, so for a phase they are right; an answer is right
// about what was asked for (a newer generation); a list is right about all that no event came for meanwhile.

/** @typedef {import('./api.js').Workspace} Workspace */

export class KnownWorkspaces {
  /** @type {Map<string, Workspace>} */
  #held = new Map();
  /** Those an event came for since the list that is on its way was asked for. */
  #fresh = new Set();

  /** @param {string} id */
  get(id) {
    return this.#held.get(id);
  }

  listAsked() {
    this.#fresh.clear();
  }

  /** @param {Workspace[]} all */
  takeList(all) {
    const present = new Set(all.map(({ id }) => id));
    for (const id of this.#held.keys()) if (!present.has(id) && !this.#fresh.has(id)) this.#held.delete(id);
    for (const workspace of all) if (!this.#fresh.has(workspace.id)) this.#held.set(workspace.id, workspace);
  }

  /** @param {Workspace} workspace */
  takeEvent(workspace) {
    this.#fresh.add(workspace.id);
    this.#held.set(workspace.id, workspace);
  }

  /** @param {Workspace} answer */
  takeAnswer(answer) {
    const held = this.#held.get(answer.id);
    if (held && answer.generation < held.generation) return;
    const sameIntent = held && answer.generation === held.generation;
    this.#held.set(answer.id, sameIntent ? { ...answer, phase: held.phase, problem: held.problem } : answer);
  }

  /** Newest first. @returns {Workspace[]} */
  live() {
    const live = [...this.#held.values()].filter(({ desired }) => desired !== 'deleted');
    return live.sort(
      (one, other) =>
        Date.parse(other.createdAt) - Date.parse(one.createdAt) || one.id.localeCompare(other.id),
    );
  }

  /** Those that can be brought back. @param {number} nowMs @returns {Workspace[]} */
  deleted(nowMs) {
    return [...this.#held.values()].filter(
      ({ desired, undoUntil }) => desired === 'deleted' && Date.parse(undoUntil ?? '') > nowMs,
    );
  }
}
