/**
 * How much comparing one pair of files may cost. Myers' algorithm takes the square of the edits it has to try, so
 * what a notebook's cells may try is taken from one purse: two thousand cells cost no more than one text.
 */
import { limits } from '@cellbook/shared/limits.ts';

export class Effort {
  #left = limits.versions.diffEditsMax ** 2;

  /** Undefined when `compare` came to no end within the edits it was given. */
  try<Run extends { added: boolean; removed: boolean; count: number }>(
    compare: (editsMax: number) => Run[] | undefined,
  ): Run[] | undefined {
    const editsMax = Math.floor(Math.sqrt(this.#left));
    const runs = compare(editsMax);
    const edits = runs?.reduce((sum, { added, removed, count }) => sum + (added || removed ? count : 0), 0);
    this.#left = Math.max(0, this.#left - (edits ?? editsMax) ** 2);
    return runs;
  }
}
