import type { Tier } from '@cellbook/shared/protocol/principal.ts';

/** By priority, lowest first. */
export const tierNames = ['free', 'paid', 'enterprise'] as const satisfies readonly Tier[];

export function rankOf(tier: Tier): number {
  return tierNames.indexOf(tier);
}
