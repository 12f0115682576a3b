/**
 * The hosts of the region, arranged for placing: by kind (SKU and memory) and by how many GPUs are free, so that a
 * place is found among a few dozen classes and not among hosts. A host that somebody holds a reservation on, or that
 * takes no jobs, is in no class.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { JobTemplate } from '../jobs/template.ts';
import type { HostPhase, HostSpec } from '../model/host.ts';
import type { Where } from '../queue/shape-class.ts';
import {
  countFree,
  type Host,
  type HostKind,
  healthyGpus,
  type LiveAttempt,
  type Rack,
  type Reservation,
} from './host.ts';
import { RankSet } from './rank-set.ts';

interface Census {
  hostsBySku: ReadonlyMap<string, number>;
  /** Of others, that there were, whoever has lived longer remembers more: they must change no decision. */
  kinds: ReadonlySet<HostKind>;
  /** Some host tells which binaries it has. */
  tellsBinaries: boolean;
}

export class Fleet {
  readonly hosts = new Map<HostId, Host>();
  readonly kinds: HostKind[] = [];
  /** All hosts by name. */
  ranked: Host[] = [];
  /** Those with a reservation, by rank. */
  reserved: Host[] = [];
  racks = new Map<string, Rack>();
  /** Where the jobs of a template may run: worked out once, until a kind of host comes or goes. */
  places = new WeakMap<JobTemplate, Where>();
  /** Of hosts that take jobs: healthy GPUs by price. */
  capacityMilli = 0;
  capacityGpus = 0;
  #census: Census | null = null;

  /** Whatever their phase, with the kinds that there are. Worked out anew when one comes, changes or goes. */
  get census(): Census {
    if (this.#census) return this.#census;
    const hostsBySku = new Map<string, number>();
    const kinds = new Set<HostKind>();
    let tellsBinaries = false;
    for (const { kind, binaries } of this.ranked) {
      tellsBinaries ||= binaries !== null;
      kinds.add(kind);
      hostsBySku.set(kind.sku, (hostsBySku.get(kind.sku) ?? 0) + 1);
    }
    this.#census = { hostsBySku, kinds, tellsBinaries };
    return this.#census;
  }

  /** Of what there is: who has lived through others must not tell jobs apart by them, since who is rebuilt cannot. */
  get presentKinds(): HostKind[] {
    return this.kinds.filter(({ hosts }) => hosts > 0);
  }

  /** Adds it or changes it. Says which kinds there are now that there were not, or the other way about. */
  set(spec: HostSpec, phase: HostPhase, priceMilli: number): { host: Host; changed: HostKind[] } {
    const old = this.hosts.get(spec.hostId);
    const before = old?.kind;
    this.#census = null;
    if (old) this.#withdraw(old);
    const known = this.kinds.find(
      ({ sku, memoryMib }) => sku === spec.sku && memoryMib === spec.gpuMemoryMib,
    );
    const kind = known ?? this.#newKind(spec, priceMilli);
    const host: Host = old ?? {
      spec,
      phase,
      kind,
      ...{ rack: this.#rackOf(spec.rack), binaries: null },
      rank: -1,
      owners: [],
      free: 0,
      attempts: [],
      reservation: null,
    };
    host.spec = spec;
    host.phase = phase;
    host.kind = kind;
    host.rack = this.#rackOf(spec.rack);
    host.binaries = spec.binaries ? new Set(spec.binaries) : null;
    host.owners.length = 0;
    for (let device = 0; device < spec.gpus; device++) host.owners[device] = null;
    for (const attempt of host.attempts) for (const device of attempt.devices) host.owners[device] = attempt;
    host.free = countFree(host);
    if (old) this.#list(host);
    else this.#insert(host);
    this.#count(host, 1);
    return { host, changed: before === kind ? [] : this.#recount(kind, before) };
  }

  /** Says which kinds there are no more. */
  remove(host: Host): HostKind[] {
    this.#census = null;
    this.#withdraw(host);
    this.hosts.delete(host.spec.hostId);
    this.#rerank(this.ranked.filter((other) => other !== host));
    return this.#recount(undefined, host.kind);
  }

  occupy(attempt: LiveAttempt): void {
    const { host } = attempt;
    this.#unlist(host);
    host.attempts.push(attempt);
    for (const device of attempt.devices) host.owners[device] = attempt;
    host.free = countFree(host);
    this.#list(host);
  }

  vacate(attempt: LiveAttempt): void {
    const { host } = attempt;
    this.#unlist(host);
    host.attempts.splice(host.attempts.indexOf(attempt), 1);
    for (const device of attempt.devices) if (host.owners[device] === attempt) host.owners[device] = null;
    host.free = countFree(host);
    this.#list(host);
  }

  /** One reservation a host at the most. */
  reserve(reservation: Reservation): void {
    const { host } = reservation;
    if (host.reservation) throw new RangeError(`${host.spec.hostId} is reserved already`);
    this.#unlist(host);
    host.reservation = reservation;
    this.reserved.push(host);
    this.reserved.sort((a, b) => a.rank - b.rank);
  }

  unreserve(host: Host): void {
    host.reservation = null;
    this.reserved.splice(this.reserved.indexOf(host), 1);
    this.#list(host);
  }

  /** Of a SKU, on hosts that take jobs. */
  gpusOf(sku: string): { up: number; free: number } {
    let up = 0;
    let free = 0;
    for (const host of this.ranked) {
      if (host.phase !== 'up' || host.kind.sku !== sku) continue;
      up += healthyGpus(host.spec);
      free += host.free;
    }
    return { up, free };
  }

  reprice(priceOf: (sku: string) => number): void {
    for (const host of this.ranked) this.#count(host, -1);
    for (const kind of this.kinds) kind.priceMilli = priceOf(kind.sku);
    for (const host of this.ranked) this.#count(host, 1);
  }

  #recount(more: HostKind | undefined, fewer: HostKind | undefined): HostKind[] {
    const changed: HostKind[] = [];
    if (more && ++more.hosts === 1) changed.push(more);
    if (fewer && --fewer.hosts === 0) changed.push(fewer);
    if (changed.length > 0) this.places = new WeakMap();
    return changed;
  }

  #newKind(spec: HostSpec, priceMilli: number): HostKind {
    const kind: HostKind = {
      index: this.kinds.length,
      sku: spec.sku,
      memoryMib: spec.gpuMemoryMib,
      priceMilli,
      levels: [],
      hosts: 0,
    };
    this.kinds.push(kind);
    return kind;
  }

  #rackOf(name: string): Rack {
    const known = this.racks.get(name);
    if (known) return known;
    const rack = { name, free: 0 };
    this.racks.set(name, rack);
    return rack;
  }

  #insert(host: Host): void {
    this.hosts.set(host.spec.hostId, host);
    const { hostId } = host.spec;
    const at = this.ranked.findIndex((other) => other.spec.hostId > hostId);
    this.#rerank(this.ranked.toSpliced(at === -1 ? this.ranked.length : at, 0, host));
  }

  /** Ranks are places in the list of names: whoever comes or goes moves those behind him. */
  #rerank(ranked: Host[]): void {
    this.ranked = ranked;
    for (const kind of this.kinds) kind.levels = [];
    this.racks = new Map();
    for (const [rank, host] of ranked.entries()) {
      host.rank = rank;
      host.rack = this.#rackOf(host.spec.rack);
      this.#list(host);
    }
    this.reserved.sort((a, b) => a.rank - b.rank);
  }

  #withdraw(host: Host): void {
    this.#unlist(host);
    this.#count(host, -1);
  }

  #count(host: Host, sign: 1 | -1): void {
    if (host.phase !== 'up') return;
    const gpus = healthyGpus(host.spec);
    this.capacityGpus += sign * gpus;
    this.capacityMilli += sign * gpus * host.kind.priceMilli;
  }

  #isListed(host: Host): boolean {
    return host.phase === 'up' && host.reservation === null && host.rank !== -1 && host.free > 0;
  }

  #list(host: Host): void {
    if (!this.#isListed(host)) return;
    const { levels } = host.kind;
    while (levels.length <= host.free) levels.push(new RankSet());
    levels[host.free]!.add(host.rank);
    host.rack.free += host.free;
  }

  #unlist(host: Host): void {
    if (!this.#isListed(host)) return;
    host.kind.levels[host.free]!.delete(host.rank);
    host.rack.free -= host.free;
  }
}
