/** A host and what it runs now. */
import type { HostId, JobId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Row } from '../jobs/job-table.ts';
import type { Tries } from '../jobs/tries.ts';
import type { HostPhase, HostSpec } from '../model/host.ts';
import type { Attempt } from '../model/job.ts';
import type { RankSet } from './rank-set.ts';

/** Hosts with the same GPUs: what a job's SKUs and memory choose among. */
export interface HostKind {
  index: number;
  sku: string;
  memoryMib: number;
  /** Of one GPU, in thousandths of the reference SKU's. */
  priceMilli: number;
  /** Hosts that take jobs and are reserved for none, by how many GPUs are free. */
  levels: RankSet[];
  /** How many hosts are of it, whatever their phase; 0: it is kept for its number alone. */
  hosts: number;
}

/** An attempt that has not ended, with what is needed of its job at every turn. */
export interface LiveAttempt extends Attempt {
  row: Row;
  jobId: JobId;
  tier: Tier;
  gpus: number;
  preemptible: boolean;
  checkpoints: boolean;
  tries: Tries;
  /** When its last checkpoint was reported, or it was placed. */
  savedAtMs: number;
  /** Of each GPU when it was placed. */
  priceMilli: number;
  /** What its customer was charged in advance, in priced GPU-milliseconds. */
  charged: number;
  /** Whether it ran past what was predicted by far, and that was recorded. */
  overdue: boolean;
  /** When it is to be looked at: first when it is overdue, then when its budget is used up. */
  watchMs: number;
  watchAt: number;
  host: Host;
}

/** GPUs of a host that somebody waits for: nobody else is given them unless he is predicted to be gone by then. */
export interface Reservation {
  jobId: JobId;
  row: Row;
  tier: Tier;
  gpus: number;
  host: Host;
  /** When they are expected to be free. */
  startMs: number;
  /** Somebody was asked to stop for it: nobody at all is given them. */
  nominated: boolean;
}

/** What stands together. */
export interface Rack {
  name: string;
  /** GPUs of its hosts that take jobs and are reserved for none. */
  free: number;
}

export interface Host {
  spec: HostSpec;
  phase: HostPhase;
  kind: HostKind;
  rack: Rack;
  /** Which versions it has; null: it does not tell. */
  binaries: ReadonlySet<string> | null;
  /** Its place among all hosts by name. */
  rank: number;
  /** By device; null: free (or unhealthy). */
  owners: (LiveAttempt | null)[];
  /** Healthy devices without an owner. */
  free: number;
  /** In the order in which they were placed. */
  attempts: LiveAttempt[];
  reservation: Reservation | null;
}

export function healthyGpus(spec: HostSpec): number {
  return spec.gpus - new Set(spec.unhealthy.filter((device) => device >= 0 && device < spec.gpus)).size;
}

/** The lowest healthy free ones. */
export function freeDevices(host: Host, count: number): number[] {
  const devices: number[] = [];
  for (let device = 0; device < host.spec.gpus && devices.length < count; device++)
    if (!host.owners[device] && !host.spec.unhealthy.includes(device)) devices.push(device);
  return devices;
}

export function countFree({ spec: { gpus, unhealthy }, owners }: Host): number {
  let free = 0;
  for (let device = 0; device < gpus; device++)
    if (!owners[device] && (unhealthy.length === 0 || !unhealthy.includes(device))) free++;
  return free;
}

export type HostById = ReadonlyMap<HostId, Host>;
