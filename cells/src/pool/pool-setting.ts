/**
 * CELLBOOK_POOL: `off`, `auto` (as many sandboxes ready as the forecast of demand says) or a number for each host.
 * With `0` none is ready, and what would boot comes out of the golden image all the same.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

export type PoolSetting = 'off' | 'auto' | number;

export const poolSettingSchema = z
  .enum(['off', 'auto'])
  .or(z.coerce.number().int().min(0).max(limits.pool.membersMax))
  .default('off');
