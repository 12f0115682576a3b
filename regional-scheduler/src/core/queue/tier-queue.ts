/**
 * One tier's queue: its classes, its customers, what it holds and what it may preempt.
 *
 * A customer has a line in each of a few dozen classes, and each job of his that is placed moves his tag. Tags only
 * ever grow, so that a line may stay where an older tag put it: whoever comes to the front of a class with an old tag
 * is put where the new one belongs, and nobody else is touched. The same holds among classes.
 */
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { HostKind } from '../fleet/host.ts';
import type { JobTable, Row } from '../jobs/job-table.ts';
import { Heap, type HeapOrder } from './heap.ts';
import { type Customer, type Line, mayRunMore, newCustomer } from './line.ts';
import { isBefore, type ShapeClass, type Where } from './shape-class.ts';

export interface QueueOrders {
  jobs: HeapOrder<Row>;
  lines: HeapOrder<Line>;
}

export class TierQueue {
  readonly tier: Tier;
  readonly customers = new Map<OrgId, Customer>();
  readonly classes: ShapeClass[] = [];
  readonly #classByKey = new Map<string, ShapeClass>();
  readonly #classById = new Map<number, ShapeClass>();
  #nextId = 1;
  /** While a snapshot is loaded: by the numbers of template and organisation, since names would be looked up for each job. */
  loading: Line[][] = [];
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
    if (customer.queued > 0 || customer.tag >= this.clock) return;
    customer.tag = this.clock;
    customer.credit = 0;
  }

  /** A class that nobody waits in is made anew, and is not parked. */
  enqueue(row: Row, customer: Customer, where: Where): void {
    const line = this.lineFor(where, customer);
    const one = line.shape;
    line.jobs.push(row);
    this.#wait(row, line);
    if (line.at !== -1 && line.jobs.top === row) one.lines.changed(line.at);
    else if (line.at === -1 && customer.isIn) this.#join(line);
    this.#refresh(one);
  }

  /** Of a snapshot: it waits in no order until all have been loaded, and `arrange` puts them into theirs. */
  load(row: Row, line: Line): void {
    line.jobs.append(row);
    this.#wait(row, line);
  }

  lineFor(where: Where, customer: Customer): Line {
    const one = this.#classFor(where);
    const known = one.lineOf.get(customer);
    if (known) return known;
    const line = { customer, shape: one, jobs: new Heap(this.#orders.jobs), tag: customer.tag, at: -1 };
    customer.lines.push(line);
    one.lineOf.set(customer, line);
    return line;
  }

  arrange(): void {
    this.loading = [];
    for (const one of this.classes) {
      for (const line of one.lineOf.values()) {
        line.jobs.arrange();
        line.tag = line.customer.tag;
        if (line.customer.isIn) one.lines.append(line);
      }
      one.lines.arrange();
      this.#refresh(one);
    }
  }

  dequeue(row: Row, customer: Customer): void {
    const line = this.#lineOf(row, customer);
    const { shape } = line;
    const wasHead = line.jobs.top === row;
    // The class compares first jobs: a line leaves it before it is empty.
    if (line.jobs.size === 1 && line.at !== -1) shape.lines.removeAt(line.at);
    line.jobs.removeAt(this.#jobs.heapAt[row]!);
    customer.queued--;
    this.#count(row, line, -1);
    if (line.jobs.size === 0) this.#dropLine(line);
    else if (wasHead && line.at !== -1) shape.lines.changed(line.at);
    this.#refresh(shape);
  }

  shapeOf(row: Row, customer: Customer): ShapeClass {
    return this.#lineOf(row, customer).shape;
  }

  /** The first job of whoever is next in a class that somebody waits in. */
  firstOf(shape: ShapeClass): Row {
    this.#refresh(shape);
    return shape.lines.top!.jobs.top!;
  }

  /** The class of whoever is next, of those that are `wanted`. */
  next(wanted: (shape: ShapeClass) => boolean = isOpen): ShapeClass | null {
    for (;;) {
      let best: ShapeClass | null = null;
      for (const one of this.classes) {
        // Nearly all are, where everything is taken.
        if (wanted === isOpen && one.parked !== null) continue;
        if (one.lines.size > 0 && (best === null || isBefore(one, best)) && wanted(one)) best = one;
      }
      if (best === null || !this.#refresh(best)) return best;
    }
  }

  /** The first `count` classes that are `wanted`, in order. */
  inOrder(count: number, wanted: (shape: ShapeClass) => boolean): ShapeClass[] {
    const found: ShapeClass[] = [];
    while (found.length < count) {
      const one = this.next((shape) => wanted(shape) && !found.includes(shape));
      if (!one) break;
      found.push(one);
    }
    return found;
  }

  /** The first lines of a class, in order; what a look at them moves is put back. */
  firstLines(shape: ShapeClass, count: number): Line[] {
    const found: Line[] = [];
    while (found.length < count && shape.lines.size > 0) {
      this.#refresh(shape);
      found.push(shape.lines.top!);
      shape.lines.removeAt(0);
    }
    for (const line of found) shape.lines.push(line);
    this.#refresh(shape);
    return found;
  }

  /** To be told when a customer's limit, or what it runs, has changed. */
  settle(customer: Customer): void {
    const may = mayRunMore(customer);
    if (may === customer.isIn) return;
    customer.isIn = may;
    for (const line of customer.lines) {
      if (may) this.#join(line);
      else line.shape.lines.removeAt(line.at);
      this.#refresh(line.shape);
    }
  }

  unpark(why: 'room' | 'ceiling'): void {
    for (const one of this.classes) if (one.parked === why || one.parked === 'both') one.parked = null;
  }

  unparkFor(kind: HostKind, gpus: number): void {
    for (const one of this.classes)
      if (one.parked !== 'ceiling' && one.gpus <= gpus && one.kinds.includes(kind)) one.parked = null;
  }

  #join(line: Line): void {
    line.tag = line.customer.tag;
    line.shape.lines.push(line);
  }

  /** Puts whoever is first by an old tag where he belongs, until the first is. Says whether another job is. */
  #refresh(shape: ShapeClass): boolean {
    const { lines } = shape;
    for (let top = lines.top; top && top.tag !== top.customer.tag; top = lines.top) {
      top.tag = top.customer.tag;
      lines.changed(0);
    }
    const top = lines.top;
    if (!top) return false;
    const row = top.jobs.top!;
    const sequence = this.#jobs.sequence[row]!;
    if (shape.tag === top.tag && shape.sequence === sequence) return false;
    shape.tag = top.tag;
    shape.key = this.#jobs.key[row]!;
    shape.sequence = sequence;
    return true;
  }

  #lineOf(row: Row, customer: Customer): Line {
    return this.#classById.get(this.#jobs.shape[row]!)!.lineOf.get(customer)!;
  }

  #wait(row: Row, line: Line): void {
    this.#jobs.shape[row] = line.shape.id;
    line.customer.queued++;
    this.#count(row, line, 1);
  }

  #classFor(where: Where): ShapeClass {
    const known = this.#classByKey.get(where.key);
    if (known) return known;
    const { key, interactive, gpus, kinds, avoids } = where;
    const made: ShapeClass = {
      ...{ id: this.#nextId++, classKey: key, interactive, gpus, kinds, avoids, parked: null },
      ...{ tag: 0, key: 0, sequence: 0, queued: 0, work: 0, lineOf: new Map() },
      lines: new Heap(this.#orders.lines),
    };
    this.#classByKey.set(key, made);
    this.#classById.set(made.id, made);
    this.classes.push(made);
    return made;
  }

  #dropLine(line: Line): void {
    const { customer, shape } = line;
    customer.lines.splice(customer.lines.indexOf(line), 1);
    shape.lineOf.delete(customer);
    if (shape.lineOf.size > 0) return;
    this.#classByKey.delete(shape.classKey);
    this.#classById.delete(shape.id);
    this.classes.splice(this.classes.indexOf(shape), 1);
  }

  #count(row: Row, { customer, shape }: Line, sign: 1 | -1): void {
    const { gpus } = shape;
    this.queued += sign;
    this.queuedMilli += sign * gpus * 1000;
    const work = sign * gpus * Math.round(this.#jobs.p50Ms[row]!);
    customer.queuedWork += work;
    shape.work += work;
    shape.queued += sign;
  }
}

function isOpen({ parked }: ShapeClass): boolean {
  return parked === null;
}
