/**
 * Turns submissions away before anything is done for them: no signature is checked and no body read. Whom to turn away is
 * read from what the token claims, which nobody has looked at yet: a false claim gains no more than to be refused by the
 * gate instead.
 */
import { principalHeader, type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A submission: turned away when too much is handed in. */
    sheds?: boolean;
  }
}

export interface Shedding {
  /** Whether any tier is turned away at present. */
  isOn(): boolean;
  /** Throws where this tier is. */
  assertTaken(tier: Tier): void;
}

/** To be added before the gate. */
export function addShedding(app: FastifyInstance, shedding: Shedding): void {
  app.addHook('onRequest', async ({ routeOptions, headers }) => {
    if (routeOptions.config.sheds !== true || !shedding.isOn()) return;
    const tier = claimedTier(headers[principalHeader]);
    if (tier) shedding.assertTaken(tier);
  });
}

const claimsSchema = z.object({ tier: tierSchema });

/** Null where it is no token: the gate says so. */
function claimedTier(token: string | string[] | undefined): Tier | null {
  if (typeof token !== 'string') return null;
  try {
    const text = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return claimsSchema.parse(JSON.parse(text)).tier;
  } catch {
    return null;
  }
}
