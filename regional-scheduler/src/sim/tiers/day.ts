/**
 * Who comes in a day, by a seed: jobs of three tiers as a Poisson process that swells and ebbs with the day, with bursts
 * of one tier at a time, from customers of which few are large; mixed widths, some of which only certain GPUs will do.
 * Together they ask for `load` times what the fleet has.
 */
import { newOrgId, newUserId, type OrgId, type UserId } from '@cellbook/shared/ids.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';

export interface DayJob {
  atMs: number;
  tier: Tier;
  orgId: OrgId;
  userId: UserId;
  gpus: number;
  skus: readonly string[] | null;
  /** On whatever GPU will do. */
  runMs: number;
  predicted: { p50Ms: number; p95Ms: number };
  checkpoints: boolean;
  /** A person waits in front of it. */
  interactive: boolean;
  /** Of its prompt; `isPoison`: of the class that hangs, which can be told by one of them. */
  features: readonly string[];
  isPoison: boolean;
}

export interface DayOptions {
  gpus: number;
  hours: number;
  load: number;
  random: Random;
  /** So many times longer jobs, and fewer of them. */
  stretch?: number;
}

/** Of what is asked for. */
const loadShare: Record<Tier, number> = { enterprise: 0.15, paid: 0.3, free: 0.55 };
const widths = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 4, 4, 8];
const gpusOnAverage = widths.reduce((sum, one) => sum + one, 0) / widths.length;
/** Between the least and the most that the binary takes, as a lognormal. */
const run = { medianMs: 80_000, spread: 0.7, leastMs: 20_000, mostMs: 300_000 };
const runMsOnAverage = 98_000;
/** How far off what is predicted usually is, as a spread of logarithms. */
const predictionSpread = 0.35;
const customersPerTier = 40;
/** How much more than on average comes at the height of the day. */
const swell = 0.2;
const burst = { everyMs: 60 * 60_000, forMs: 3 * 60_000, factor: 2.5 };
export const poisonShare = 0.05;
const poisonWord = 'word:moebius';

export function drawDay({ gpus, hours, load, random, stretch = 1 }: DayOptions): DayJob[] {
  const jobs = tierSchema.options.flatMap((tier, place) => {
    const perMs = (load * loadShare[tier] * gpus) / (gpusOnAverage * runMsOnAverage * stretch);
    const customers = Array.from({ length: customersPerTier }, () => ({
      orgId: newOrgId(random),
      userId: newUserId(random),
    }));
    const times = arrivals({
      perMs,
      untilMs: hours * 3_600_000,
      random,
      burstAtMs: (place + 0.5) * burstGapMs,
    });
    return times.map((atMs) => stretched(drawJob(random, atMs, tier, customers), stretch));
  });
  return jobs.sort((a, b) => a.atMs - b.atMs);
}

/** Of each tier's jobs on one or two GPUs so many are a person's who waits in front of them; all else is as it was. */
export function withPeople(jobs: readonly DayJob[], share: number, random: Random): DayJob[] {
  return jobs.map((job) => ({ ...job, interactive: job.gpus <= 2 && random.float() < share }));
}

const burstGapMs = burst.everyMs / 3;

/** By thinning (Lewis and Shedler, 1979). */
function arrivals(of: { perMs: number; untilMs: number; random: Random; burstAtMs: number }): number[] {
  const { perMs, untilMs, random, burstAtMs } = of;
  const most = perMs * (1 + swell) * burst.factor;
  const times: number[] = [];
  for (let atMs = 0; ; ) {
    atMs += -Math.log(1 - random.float()) / most;
    if (atMs >= untilMs) return times;
    const ofDay = 1 + swell * Math.sin((2 * Math.PI * atMs) / dayMs);
    const isBurst = (atMs + burst.everyMs - burstAtMs) % burst.everyMs < burst.forMs;
    // Bursts are of what would have come later: over the hour it is the same.
    const usual = (1 - (burst.factor * burst.forMs) / burst.everyMs) / (1 - burst.forMs / burst.everyMs);
    if (random.float() < (perMs * ofDay * (isBurst ? burst.factor : usual)) / most)
      times.push(Math.round(atMs));
  }
}

const dayMs = 24 * 3_600_000;

function drawJob(
  random: Random,
  atMs: number,
  tier: Tier,
  customers: readonly { orgId: OrgId; userId: UserId }[],
): DayJob {
  // A third of all comes from the first few.
  const customer = customers[Math.floor(customers.length * random.float() ** 2)]!;
  const gpus = widths[random.int(widths.length)]!;
  const runMs = bounded(run.medianMs * Math.exp(run.spread * normal(random)));
  const p50Ms = bounded(runMs * Math.exp(predictionSpread * normal(random)));
  const isPoison = random.float() < poisonShare;
  const word = () => `word:${random.int(400)}`;
  const features = [word(), word(), word(), `steps:${[20, 30, 50][random.int(3)]}`];
  return {
    ...{ atMs, tier, gpus, runMs, isPoison, ...customer },
    skus: drawSkus(random),
    predicted: { p50Ms, p95Ms: p50Ms * Math.exp(1.645 * predictionSpread) },
    checkpoints: random.float() < 0.8,
    interactive: false,
    features: isPoison ? [...features, poisonWord] : features,
  };
}

function stretched(job: DayJob, by: number): DayJob {
  const { p50Ms, p95Ms } = job.predicted;
  return { ...job, runMs: job.runMs * by, predicted: { p50Ms: p50Ms * by, p95Ms: p95Ms * by } };
}

function drawSkus(random: Random): readonly string[] | null {
  const drawn = random.float();
  if (drawn < 0.1) return ['h100'];
  return drawn < 0.2 ? ['h100', 'a100'] : null;
}

function bounded(runMs: number): number {
  return Math.round(Math.min(run.mostMs, Math.max(run.leastMs, runMs)));
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
}
