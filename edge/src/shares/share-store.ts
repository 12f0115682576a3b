/** The shares of each organisation's quota, as one value that is replaced where it is still what was read. */
import type { OrgId } from '@cellbook/shared/ids.ts';
import { amountsSchema } from '@cellbook/shared/protocol/quota-shares-api.ts';
import type { Shares } from '@cellbook/shared/quota/shares.ts';
import { z } from 'zod';

export interface KeptShares {
  /** 0: none were ever written. */
  version: number;
  shares: Shares;
}

export interface ShareStore {
  read(org: OrgId): Promise<KeptShares>;
  /** False, and nothing is written, where somebody else has written since. */
  replace(org: OrgId, version: number, shares: Shares): Promise<boolean>;
}

export const sharesSchema = z.record(
  z.string(),
  z.object({ ask: z.int(), allowed: amountsSchema, used: amountsSchema, atMs: z.int() }),
);
