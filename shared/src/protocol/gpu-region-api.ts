/**
 * `/v1/gpu/{region}/…`: what operators see and set of a region's GPUs. An order is a wish: it is durable when it is
 * answered (202), the leader takes it in after whatever arrived before it, and giving it twice is giving it once.
 */
import { z } from 'zod';
import { hostIdSchema, jobIdSchema, orgIdSchema, regionIdSchema, userIdSchema } from '../ids.ts';

const moment = z.iso.datetime();

export const gpuHostSchema = z
  .object({
    id: hostIdSchema,
    phase: z.enum(['up', 'draining', 'quarantined', 'silent', 'gone']),
    sku: z.string(),
    rack: z.string(),
    gpus: z.int(),
    busyGpus: z.int(),
    /** Devices that must not be used. */
    unhealthy: z.array(z.int()),
    attempts: z.int(),
    /** What speaks against it; null: nothing has run there, or all of it is forgotten. */
    evidence: z
      .object({
        failed: z.int(),
        succeeded: z.int(),
        /** From 1 on it is quarantined. */
        suspicion: z.number(),
        quarantines: z.int(),
        quarantinedAt: moment.nullable(),
        /** When it is tried again by itself. */
        until: moment.nullable(),
        /** Good ends still wanted of it, one job at a time; 0: it is trusted. */
        probation: z.int(),
        /** Those that counted against it last. */
        jobs: z.array(jobIdSchema),
      })
      .nullable(),
    /** By an operator: it stays quarantined until one releases it. */
    held: z.object({ because: z.string(), by: userIdSchema, at: moment }).nullable(),
  })
  .meta({ title: 'GpuHost' });

export const gpuHostListSchema = z
  .object({ region: regionIdSchema, hosts: z.array(gpuHostSchema) })
  .meta({ title: 'GpuHostList' });

export const classLimitSchema = z.enum(['free', 'throttled', 'isolated', 'refused']);

export const containedSchema = z
  .object({
    region: regionIdSchema,
    /** Classes of prompts that hang. */
    classes: z.array(
      z.object({
        feature: z.string(),
        limit: classLimitSchema,
        because: z.string(),
        since: moment,
        runningGpus: z.number(),
        /** When one of a refused class is tried. */
        probeAt: moment.nullable(),
        /** Attempts in a row that have ended well. */
        goodInRow: z.int(),
      }),
    ),
    versions: z.array(
      z.object({
        binary: z.string(),
        stable: z.string(),
        candidate: z.string().nullable(),
        /** Of the binary's jobs, those that run the candidate. */
        permille: z.int(),
        since: moment,
        /** Rolled back, and never tried again under that name. */
        withdrawn: z.array(z.string()),
      }),
    ),
  })
  .meta({ title: 'GpuContained' });

export const gpuCustomerListSchema = z
  .object({
    region: regionIdSchema,
    /** Those with something queued or running, or with a weight or limit of their own; the busiest first. */
    customers: z.array(
      z.object({
        organisationId: orgIdSchema,
        weight: z.number(),
        runningMax: z.int().nullable(),
        queued: z.int(),
        running: z.int(),
      }),
    ),
  })
  .meta({ title: 'GpuCustomerList' });

const because = z.string().trim().min(1).max(300);

export const hostOrderSchema = z.object({ because }).meta({ title: 'GpuHostOrder' });

export const classOrderSchema = z
  .object({ feature: z.string().min(1).max(300), limit: classLimitSchema, because })
  .meta({ title: 'GpuClassOrder' });

export const customerOrderSchema = z
  .object({
    /** Of its share inside a tier; 1 is usual. */
    weight: z.number().positive().max(1_000),
    /** Jobs at once; null: as many as there is room for. */
    runningMax: z.int().nonnegative().max(1_000_000).nullable(),
  })
  .meta({ title: 'GpuCustomerOrder' });

export const orderedSchema = z
  .object({ region: regionIdSchema, accepted: z.literal(true) })
  .meta({ title: 'GpuOrdered' });

export const hostOrders = ['quarantine', 'release', 'drain'] as const;
