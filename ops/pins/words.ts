import type { PinsSummary } from './commands.ts';

export const usage = `npm run pins -- show | verify [FILE] | publish FILE | join CELL=URL --region REGION --cell-key FILE
               | cell-key FILE
               | move FROM TO --buckets N | override USER CELL|- | rollback
  --home DIR --edge URL --key FILE --steps 0.01,0.1,0.5,1 --soak-seconds 5 --without CELL --unverified --json`;

export function shownPins({ epoch, rollout, regions, cells, overrides }: PinsSummary): string {
  const step = rollout ? `, being rolled out: ${rollout.buckets} of 16384 buckets go by it` : '';
  const lines = [`  epoch ${epoch}${step}, ${overrides} users pinned by name`];
  for (const [region, counts] of Object.entries(regions)) {
    lines.push(`  ${region}`);
    for (const cell of cells.filter((one) => one.region === region))
      lines.push(
        `    ${cell.id.padEnd(16)} ${String(counts[cell.id] ?? 0).padStart(6)} buckets  ${cell.url}`,
      );
  }
  return lines.join('\n');
}
