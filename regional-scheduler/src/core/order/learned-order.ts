/**
 * Who goes first when nobody says how long a job will take. What is known is how long others ran: of jobs
 * that ended, their time; of the rest, that they have run this long without ending. People submit alike jobs
 * one after the other, so those submitted just before and after with as many GPUs count most, then all with
 * as many GPUs, then all. From these comes a chance of ending, by how long a job has run so far, and from it
 * the Gittins index. No runtime is known in advance, and no name or label of a job is looked at.
 */
import { gittinsSeconds } from './gittins.ts';
import { cellOf, gridCells } from './service-grid.ts';

export interface ServedJob {
  id: number;
  gpus: number;
  /** How long it has run so far. */
  attainedSeconds: number;
}

interface Known {
  job: ServedJob;
  hasEnded: boolean;
}

interface Counts {
  ended: Float64Array;
  reached: Float64Array;
}

interface Rank {
  seconds: number;
  cell: number;
  asOf: number;
}

/** What was chosen, and found not to matter much within a factor of two or three. */
const settings = {
  /** Jobs of the same width this far away in the order of submission count 1/e of the next one. */
  nearJobs: 8,
  /** How many jobs of the wider group the narrower one has to outweigh. */
  groupWeight: 10,
  nearWeight: 3,
  /** Before anything is known: as if so many had reached each cell and a tenth of them ended in it. */
  priorJobs: 5,
  priorEnding: 0.1,
  /** A wide job keeps many narrow ones waiting: its width counts more than in proportion. */
  widthPower: 1.5,
  /** Completions after which the tables, and a job's rank, are worked out anew. */
  tablesEvery: 10,
  rankEvery: 5,
};

export class LearnedOrder {
  readonly #submitted = new Map<number, Known[]>();
  readonly #places = new Map<number, number>();
  readonly #ended = new Map<string, Counts>();
  readonly #ranks = new Map<number, Rank>();
  #hazards = new Map<string, Float64Array>();
  #completions = 0;
  #tablesAsOf = Number.NEGATIVE_INFINITY;

  /** To be told in the order of submission. The job's own attained time is read whenever a rank is asked for. */
  submitted(job: ServedJob): void {
    const alike = this.#submitted.get(job.gpus) ?? [];
    this.#submitted.set(job.gpus, alike);
    this.#places.set(job.id, alike.length);
    alike.push({ job, hasEnded: false });
  }

  completed(job: ServedJob): void {
    this.#completions++;
    this.#submitted.get(job.gpus)![this.#places.get(job.id)!]!.hasEnded = true;
    this.#ranks.delete(job.id);
    const cell = cellOf(job.attainedSeconds);
    for (const group of groupsOf(job)) {
      const counts = this.#ended.get(group) ?? noCounts();
      this.#ended.set(group, counts);
      for (let at = 0; at <= cell; at++) counts.reached[at]!++;
      counts.ended[cell]!++;
    }
  }

  /** The lower, the sooner. `present` is everybody who has not ended. */
  rank(job: ServedJob, present: readonly ServedJob[]): number {
    if (this.#completions - this.#tablesAsOf >= settings.tablesEvery) this.#workOutTables(present);
    const cell = cellOf(job.attainedSeconds);
    const known = this.#ranks.get(job.id);
    const isFresh = known && known.cell === cell && this.#completions - known.asOf < settings.rankEvery;
    const seconds = isFresh ? known.seconds : this.#gittins(job, cell);
    if (!isFresh) this.#ranks.set(job.id, { seconds, cell, asOf: this.#completions });
    return seconds * job.gpus ** settings.widthPower;
  }

  #gittins(job: ServedJob, from: number): number {
    const near = this.#near(job, from);
    const group = this.#hazards.get(widthGroup(job)) ?? this.#hazards.get(everybody)!;
    const weight = settings.nearWeight;
    return gittinsSeconds(
      from,
      (cell) => (near.ended[cell]! + weight * group[cell]!) / (near.reached[cell]! + weight),
    );
  }

  /** The neighbours in the order of submission, each by how near it is. */
  #near(job: ServedJob, from: number): Counts {
    const alike = this.#submitted.get(job.gpus)!;
    const place = this.#places.get(job.id)!;
    const counts = noCounts();
    const reach = 3 * settings.nearJobs;
    for (let at = Math.max(0, place - reach); at <= Math.min(alike.length - 1, place + reach); at++) {
      if (at === place) continue;
      const weight = Math.exp(-Math.abs(at - place) / settings.nearJobs);
      const { job: other, hasEnded } = alike[at]!;
      const cell = cellOf(other.attainedSeconds);
      for (let below = from; below < cell; below++) counts.reached[below]! += weight;
      if (!hasEnded || cell < from) continue;
      counts.reached[cell]! += weight;
      counts.ended[cell]! += weight;
    }
    return counts;
  }

  #workOutTables(present: readonly ServedJob[]): void {
    this.#tablesAsOf = this.#completions;
    const reached = new Map<string, Float64Array>();
    for (const job of present) {
      const cell = cellOf(job.attainedSeconds);
      for (const group of groupsOf(job)) {
        const cells = reached.get(group) ?? new Float64Array(gridCells);
        reached.set(group, cells);
        for (let below = 0; below < cell; below++) cells[below]!++;
      }
    }
    const hazardOf = (group: string, weight: number, prior: (cell: number) => number) => {
      const { ended, reached: past } = this.#ended.get(group) ?? noCounts();
      const now = reached.get(group);
      return past.map(
        (count, cell) => (ended[cell]! + weight * prior(cell)) / (count + (now?.[cell] ?? 0) + weight),
      );
    };
    const all = hazardOf(everybody, settings.priorJobs, () => settings.priorEnding);
    this.#hazards = new Map([[everybody, all]]);
    for (const group of new Set([...this.#ended.keys(), ...reached.keys()])) {
      if (group === everybody) continue;
      this.#hazards.set(
        group,
        hazardOf(group, settings.groupWeight, (cell) => all[cell]!),
      );
    }
  }
}

const everybody = 'everybody';

function widthGroup(job: ServedJob): string {
  return `${job.gpus} GPUs`;
}

function groupsOf(job: ServedJob): string[] {
  return [everybody, widthGroup(job)];
}

function noCounts(): Counts {
  return { ended: new Float64Array(gridCells), reached: new Float64Array(gridCells) };
}
