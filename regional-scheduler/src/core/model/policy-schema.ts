/** A policy as an operator writes it: what he leaves out is as it is by default. */
import { durabilitySchema } from '@cellbook/shared/protocol/job-request.ts';
import { z } from 'zod';
import { defaultPolicy, usualScale } from './default-policy.ts';
import type { RegionPolicy } from './policy.ts';

const share = z.number().min(0).max(1);
const durationMs = z.number().nonnegative();

const tierSchema = z
  .strictObject({
    floorShare: share,
    weight: z.number().positive(),
    ceilingShare: share,
    ageingMs: z.number().positive(),
    startMsTarget: durationMs,
    durability: durabilitySchema,
  })
  .partial();

const preemptionSchema = z
  .strictObject({
    ranMsMin: durationMs,
    perJobMax: z.int().nonnegative(),
    burst: z.number().nonnegative(),
    refillMs: z.number().positive(),
    gainMin: z.number().positive(),
    stopMs: durationMs,
    sliceMs: durationMs.positive(),
    waitForNodes: z.boolean(),
  })
  .partial();

const nodeSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  sku: z.string().min(1),
  gpus: z.int().min(1).max(64),
  gpuMemoryMib: z.int().positive(),
  provisionMs: durationMs,
  gpusMin: z.int().nonnegative().default(0),
  gpusMax: z.int().positive(),
});

const scaleSchema = z.strictObject({
  nodes: z.array(nodeSchema).min(1).max(32),
  headroomShare: share.default(usualScale.headroomShare),
  idleMs: durationMs.default(usualScale.idleMs),
  stepShareMax: share.positive().default(usualScale.stepShareMax),
  usefulMs: durationMs.default(usualScale.usefulMs),
});

const givenSchema = z
  .strictObject({
    tiers: z.strictObject({ free: tierSchema, paid: tierSchema, enterprise: tierSchema }).partial(),
    skuPrice: z.record(z.string(), z.number().positive()),
    preemption: preemptionSchema,
    backfillDepth: z.int().nonnegative(),
    scale: scaleSchema,
  })
  .partial();

export const policySchema = givenSchema
  .transform((given): RegionPolicy => {
    const { tiers, preemption, skuPrice, backfillDepth } = defaultPolicy;
    return {
      tiers: {
        free: { ...tiers.free, ...defined(given.tiers?.free) },
        paid: { ...tiers.paid, ...defined(given.tiers?.paid) },
        enterprise: { ...tiers.enterprise, ...defined(given.tiers?.enterprise) },
      },
      skuPrice: given.skuPrice ?? skuPrice,
      preemption: { ...preemption, ...defined(given.preemption) },
      backfillDepth: given.backfillDepth ?? backfillDepth,
      ...(given.scale ? { scale: given.scale } : {}),
    };
  })
  .refine(
    ({ tiers }) => Object.values(tiers).reduce((sum, { floorShare }) => sum + floorShare, 0) <= 1,
    'the floors of all tiers are more than the whole',
  );

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const defined = <T extends object>(given: T | undefined): Defined<T> =>
  Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Defined<T>;
