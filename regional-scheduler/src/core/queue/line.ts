/**
 * Who waits: customers of a tier, and for each shape that a customer waits with a line of jobs. Customers are served
 * by start-time fair queueing (Goyal, Vin and Cheng, 1996): each has a tag, the service given to it by its weight;
 * the lowest is next, and who comes back from nothing starts at the tier's clock, not with what was saved up.
 */
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { JobTable, Row } from '../jobs/job-table.ts';
import type { Heap, HeapOrder } from './heap.ts';
import type { ShapeClass } from './shape-class.ts';

export interface Customer {
  orgId: OrgId;
  tier: Tier;
  weight: number;
  /** Jobs at once; null: as many as there is room for. */
  runningMax: number | null;
  /** Priced GPU-milliseconds over weight; one that runs counts as predicted until it has ended. */
  tag: number;
  /** What it was charged too much, of what it is charged next: the tag never falls. */
  credit: number;
  running: number;
  queued: number;
  /** Predicted GPU-milliseconds of what is queued. */
  queuedWork: number;
  lines: Line[];
  /** Whether its lines are in their classes: not while it runs as much as it may. */
  isIn: boolean;
}

/** The jobs of one customer with one shape, by their static key. */
export interface Line {
  customer: Customer;
  shape: ShapeClass;
  jobs: Heap<Row>;
  /** The customer's when it was put where it is. */
  tag: number;
  /** Its place in its class; −1 while its customer runs as much as it may. */
  at: number;
}

export function newCustomer(tier: Tier, orgId: OrgId): Customer {
  return {
    orgId,
    tier,
    weight: 1,
    runningMax: null,
    tag: 0,
    credit: 0,
    running: 0,
    queued: 0,
    queuedWork: 0,
    lines: [],
    isIn: true,
  };
}

export function mayRunMore({ running, runningMax }: Customer): boolean {
  return runningMax === null || running < runningMax;
}

/** Inside a customer: by key, then by arrival. */
export function jobOrder(jobs: JobTable): HeapOrder<Row> {
  return {
    rank: (row) => jobs.key[row]!,
    before: (a, b) => jobs.sequence[a]! < jobs.sequence[b]!,
    placed(row, at) {
      jobs.heapAt[row] = at;
    },
  };
}

/** Among customers: by tag, then by their first jobs. */
export function lineOrder(jobOrder: HeapOrder<Row>): HeapOrder<Line> {
  return {
    rank: ({ tag }) => tag,
    before: (a, b) => {
      const [first, other] = [a.jobs.top!, b.jobs.top!];
      const byKey = jobOrder.rank(first) - jobOrder.rank(other);
      return byKey !== 0 ? byKey < 0 : jobOrder.before(first, other);
    },
    placed: (line, at) => {
      line.at = at;
    },
  };
}
