import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

/** CELLBOOK_POOL: sandboxes that each host keeps ready, or `off`. */
export const poolSettingSchema = z
  .literal('off')
  .transform(() => 0)
  .or(z.coerce.number().int().min(0).max(limits.pool.membersMax))
  .default(0);
