/** Whom this instance turns away at present: by what waits in the region, and by how long it takes to store one more. */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { AdmitDeps } from './admit.ts';
import { type Shed, shedError, shedOf } from './shed.ts';

export function sheddingOf(deps: Pick<AdmitDeps, 'pressure' | 'lateness' | 'clock' | 'counted'>) {
  const { pressure, lateness, clock, counted } = deps;
  const now = (tier: Tier): Shed | null => shedOf(pressure(), tier, clock.nowMs()) ?? lateness.shed(tier);
  /** Thrown thousands of times a second when it matters: where it was made is of no interest. */
  const late = new Map<Tier, CellbookError>();
  const errorOf = (tier: Tier, shed: Shed): CellbookError => {
    if (shed.because !== 'late') return shedError(tier, shed);
    const error = late.get(tier) ?? shedError(tier, shed);
    late.set(tier, error);
    return error;
  };
  return {
    isOn: () => tierSchema.options.some((tier) => now(tier) !== null),
    assertTaken(tier: Tier) {
      const shed = now(tier);
      if (!shed) return;
      const error = errorOf(tier, shed);
      counted(error.code, { tier });
      throw error;
    },
  };
}
