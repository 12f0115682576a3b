/** What is held by whom, integrated over windows of time. */
import type { HostId, JobId } from '@cellbook/shared/ids.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { HostSpec } from '../../core/model/host.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import { entitled } from '../../core/share/fair-share.ts';

export interface Window {
  /** GPU time in use over GPU time. */
  utilisation: number;
  /** Of the priced GPUs. */
  held: Record<Tier, number>;
  entitled: Record<Tier, number>;
  /** How much of the window the tier had somebody waiting. */
  backlogged: Record<Tier, number>;
}

const tiers = tierSchema.options;
const none = (): Record<Tier, number> => ({ free: 0, paid: 0, enterprise: 0 });
export const windowMs = 10 * 60_000;

export class Meter {
  readonly windows: Window[] = [];
  /** GPU time that was there, whether in use or not. */
  gpuMs = 0;
  /** That there are now; the same by price. */
  #gpus = 0;
  #priced = 0;
  readonly #policy: RegionPolicy;
  readonly #hosts = new Map<HostId, { gpus: number; price: number }>();
  readonly #hostOfNode = new Map<string, HostId>();
  readonly #endMs: number;
  readonly #jobs = new Map<JobId, { tier: Tier; gpus: number; price: number }>();
  #busy = 0;
  readonly #held = none();
  /** GPUs that are waited for. */
  readonly #wanted = none();
  #atMs = 0;
  #window = emptyWindow();

  constructor({ policy, endMs }: { policy: RegionPolicy; endMs: number }) {
    this.#policy = policy;
    this.#endMs = endMs;
  }

  saw(event: SchedulerEvent, nowMs: number): void {
    this.#pass(Math.min(nowMs, this.#endMs));
    if (event.type === 'job_submitted') {
      const { jobId, tier, gpus } = event.job;
      this.#jobs.set(jobId, { tier, gpus, price: 0 });
      this.#wanted[tier] += gpus;
    } else if (event.type === 'job_placed') this.#take(event.jobId, this.#hosts.get(event.hostId)!.price);
    else if (event.type === 'attempt_ended') this.#giveBack(event.jobId);
    else if (event.type === 'job_ended') this.#forget(event.jobId);
    else if (event.type === 'host_changed' && event.phase === 'up') this.#came(event.host);
    else if (event.type === 'node_asked') this.#hostOfNode.set(event.node, event.hostId);
    else if (event.type === 'node_removed') this.#went(this.#hostOfNode.get(event.node)!);
  }

  #came({ hostId, gpus, sku }: HostSpec): void {
    if (this.#hosts.has(hostId)) return;
    const price = this.#policy.skuPrice[sku] ?? 1;
    this.#hosts.set(hostId, { gpus, price });
    this.#gpus += gpus;
    this.#priced += gpus * price;
  }

  #went(hostId: HostId): void {
    const { gpus, price } = this.#hosts.get(hostId) ?? { gpus: 0, price: 0 };
    this.#hosts.delete(hostId);
    this.#gpus -= gpus;
    this.#priced -= gpus * price;
  }

  #take(jobId: JobId, price: number): void {
    const job = this.#jobs.get(jobId)!;
    job.price = price;
    this.#busy += job.gpus;
    this.#held[job.tier] += job.gpus * price;
    this.#wanted[job.tier] -= job.gpus;
  }

  #giveBack(jobId: JobId): void {
    const job = this.#jobs.get(jobId)!;
    this.#busy -= job.gpus;
    this.#held[job.tier] -= job.gpus * job.price;
    this.#wanted[job.tier] += job.gpus;
  }

  #forget(jobId: JobId): void {
    const job = this.#jobs.get(jobId)!;
    this.#wanted[job.tier] -= job.gpus;
    this.#jobs.delete(jobId);
  }

  #pass(nowMs: number): void {
    while (this.#atMs < nowMs) {
      const untilMs = Math.min(nowMs, (this.windows.length + 1) * windowMs);
      this.gpuMs += this.#gpus * (untilMs - this.#atMs);
      this.#add((untilMs - this.#atMs) / windowMs);
      this.#atMs = untilMs;
      if (untilMs < (this.windows.length + 1) * windowMs) continue;
      this.windows.push(this.#window);
      this.#window = emptyWindow();
    }
  }

  #add(share: number): void {
    const window = this.#window;
    window.utilisation += (share * this.#busy) / this.#gpus;
    const shares = tiers.map((tier) => ({
      policy: this.#policy.tiers[tier],
      heldMilli: this.#held[tier],
      wantedMilli: this.#held[tier] + this.#wanted[tier] * (this.#priced / this.#gpus),
    }));
    const amounts = entitled(shares, this.#priced);
    for (const [place, tier] of tiers.entries()) {
      window.held[tier] += (share * this.#held[tier]) / this.#priced;
      window.entitled[tier] += (share * amounts[place]!) / this.#priced;
      if (this.#wanted[tier] > 0) window.backlogged[tier] += share;
    }
  }
}

function emptyWindow(): Window {
  return { utilisation: 0, held: none(), entitled: none(), backlogged: none() };
}
