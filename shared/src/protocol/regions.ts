/** The regions of a platform, as its configuration lists them: the first is where nobody's rule says otherwise. */
import { z } from 'zod';
import { regionIdSchema } from '../ids.ts';

export const continentSchema = z.enum(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA']);
export type Continent = z.infer<typeof continentSchema>;

export const regionSchema = z
  .object({
    id: regionIdSchema,
    /** What people are shown. */
    name: z.string().min(1).max(60),
    /** From where people who sign in for the first time come to live here. */
    continents: z.array(continentSchema).default([]),
  })
  .strict();
export type Region = z.infer<typeof regionSchema>;

export const regionsSchema = z.array(regionSchema).min(1).max(64);
