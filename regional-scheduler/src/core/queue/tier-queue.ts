/** One tier's queue: its classes, its customers, what it holds and what it may preempt. */
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { HostKind } from '../fleet/host.ts';
import type { JobTable, Row } from '../jobs/job-table.ts';
import { Heap, type HeapOrder } from './heap.ts';
import { type Customer, type Line, mayRunMore, newCustomer } from './line.ts';
import type { ShapeClass } from './shape-class.ts';

export interface QueueOrders {
  jobs: HeapOrder<Row>;
  lines: HeapOrder<Line>;
}

export class TierQueue {
  readonly tier: Tier;
  readonly customers = new Map<OrgId, Customer>();
  readonly classes: ShapeClass[] = [];
  readonly #classByKey = new Map<string, ShapeClass>();
  readonly #orders: QueueOrders;
  readonly #jobs: JobTable;
  /** The tag of whoever was served last: where a customer starts that comes back. */
  clock = 0;
  /** Priced GPUs of what runs, and GPUs of what is queued, in thousandths. */
  heldMilli = 0;
  queuedMilli = 0;
  queued = 0;
  /** Of what runs, those that were asked to stop for others. */
  leavingMilli = 0;
  /** What it may preempt: `tokens` at `tokensAtMs`, more since. */
  tokens = 0;
  tokensAtMs = 0;

  constructor(tier: Tier, jobs: JobTable, orders: QueueOrders) {
    this.tier = tier;
    this.#jobs = jobs;
    this.#orders = orders;
  }

  customer(orgId: OrgId): Customer {
    const known = this.customers.get(orgId);
    if (known) return known;
    const made = newCustomer(this.tier, orgId);
    this.customers.set(orgId, made);
    return made;
  }

  /** Before a job of a customer is queued: who waited for nothing has saved nothing up. */
  welcome(customer: Customer): void {
    if (customer.queued === 0) customer.tag = Math.max(customer.tag, this.clock);
  }

  /** `shape` says where the job may run; a class that nobody waits in is made anew, and is not parked. */
  enqueue(
    row: Row,
    customer: Customer,
    shape: Pick<ShapeClass, 'key' | 'interactive' | 'gpus' | 'kinds' | 'avoids'>,
  ): ShapeClass {
    const one = this.#classFor(shape);
    let line = customer.lines.find((other) => other.shape === one);
    if (!line) {
      line = { customer, shape: one, jobs: new Heap(this.#orders.jobs), at: -1 };
      customer.lines.push(line);
      one.lineCount++;
    }
    const isNewHead = line.jobs.size === 0 || this.#orders.jobs.before(row, line.jobs.top!);
    line.jobs.push(row);
    customer.queued++;
    this.#count(row, customer, 1);
    if (line.at !== -1 && isNewHead) one.lines.changed(line.at);
    else if (line.at === -1 && mayRunMore(customer)) one.lines.push(line);
    return one;
  }

  dequeue(row: Row, customer: Customer): void {
    const line = this.#lineOf(row, customer);
    const wasHead = line.jobs.top === row;
    // The class compares first jobs: a line leaves it before it is empty.
    if (line.jobs.size === 1 && line.at !== -1) line.shape.lines.removeAt(line.at);
    line.jobs.removeAt(this.#jobs.heapAt[row]!);
    customer.queued--;
    this.#count(row, customer, -1);
    if (line.jobs.size === 0) this.#dropLine(line);
    else if (wasHead && line.at !== -1) line.shape.lines.changed(line.at);
  }

  shapeOf(row: Row, customer: Customer): ShapeClass {
    return this.#lineOf(row, customer).shape;
  }

  /** The class of whoever is next: among those that are not parked. */
  next(): ShapeClass | null {
    let best: ShapeClass | null = null;
    for (const one of this.classes)
      if (one.parked === null && one.lines.size > 0 && (!best || this.#isBefore(one, best))) best = one;
    return best;
  }

  /** In the order of their first jobs. */
  inOrder(): ShapeClass[] {
    return this.classes.filter(({ lines }) => lines.size > 0).sort((a, b) => (this.#isBefore(a, b) ? -1 : 1));
  }

  /** To be told when a customer's tag, weight or limit, or what it runs, has changed. */
  settle(customer: Customer): void {
    const may = mayRunMore(customer);
    for (const line of customer.lines) {
      const { lines } = line.shape;
      if (line.at !== -1 && may) lines.changed(line.at);
      else if (line.at !== -1) lines.removeAt(line.at);
      else if (may) lines.push(line);
    }
  }

  unpark(why: 'room' | 'ceiling'): void {
    for (const one of this.classes) if (one.parked === why) one.parked = null;
  }

  unparkFor(kind: HostKind, gpus: number): void {
    for (const one of this.classes)
      if (one.parked === 'room' && one.gpus <= gpus && one.kinds.includes(kind)) one.parked = null;
  }

  #isBefore(a: ShapeClass, b: ShapeClass): boolean {
    if (a.interactive !== b.interactive) return a.interactive;
    return this.#orders.lines.before(a.lines.top!, b.lines.top!);
  }

  /** A customer has a line for each shape, a few: the one that holds the row is the one whose heap has it there. */
  #lineOf(row: Row, customer: Customer): Line {
    const at = this.#jobs.heapAt[row]!;
    return customer.lines.find(({ jobs }) => jobs.at(at) === row)!;
  }

  #classFor(shape: Pick<ShapeClass, 'key' | 'interactive' | 'gpus' | 'kinds' | 'avoids'>): ShapeClass {
    const known = this.#classByKey.get(shape.key);
    if (known) return known;
    const { key, interactive, gpus, kinds, avoids } = shape;
    const lines = new Heap(this.#orders.lines);
    const made: ShapeClass = { key, interactive, gpus, kinds, avoids, lines, lineCount: 0, parked: null };
    this.#classByKey.set(key, made);
    this.classes.push(made);
    return made;
  }

  #dropLine(line: Line): void {
    const { customer, shape } = line;
    customer.lines.splice(customer.lines.indexOf(line), 1);
    shape.lineCount--;
    if (shape.lineCount > 0) return;
    this.#classByKey.delete(shape.key);
    this.classes.splice(this.classes.indexOf(shape), 1);
  }

  #count(row: Row, customer: Customer, sign: 1 | -1): void {
    const { gpus } = this.#jobs.templateOf(row);
    this.queued += sign;
    this.queuedMilli += sign * gpus * 1000;
    customer.queuedWork += sign * gpus * Math.round(this.#jobs.p50Ms[row]!);
  }
}
