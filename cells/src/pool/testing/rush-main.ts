/**
 * `npm run sim:overload -- [seeds] [first]`: the rush of rush.ts with so many seeds, one line of JSON for each, and a
 * last one with the worst and the usual 95th percentile of each tier.
 */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { quantile, rush, tookMs } from './rush.ts';

const [seeds = 20, first = 1] = process.argv.slice(2).map(Number);
const tiers: readonly Tier[] = ['enterprise', 'paid', 'free'];
const p95s: Record<Tier, number[]> = { enterprise: [], paid: [], free: [] };
const together: Record<Tier, number[]> = { enterprise: [], paid: [], free: [] };
for (let seed = first; seed < first + seeds; seed++) {
  const { came } = await rush(seed);
  const line: Record<string, number> = { seed, came: came.length };
  for (const tier of tiers) {
    const took = tookMs(came, tier);
    p95s[tier].push(quantile(took, 0.95));
    together[tier].push(...took);
    line[`${tier}P95Ms`] = quantile(took, 0.95);
    line[`${tier}MaxMs`] = Math.max(...took);
  }
  console.log(JSON.stringify(line));
}
const summary = Object.fromEntries(
  tiers.map((tier) => [
    tier,
    {
      ...{ n: together[tier].length, p95Ms: quantile(together[tier], 0.95) },
      ...{ medianP95Ms: quantile(p95s[tier], 0.5), worstP95Ms: Math.max(...p95s[tier]) },
    },
  ]),
);
console.log(JSON.stringify({ seeds, ...summary }));
