/** What `npm run keys` says. */
import { z } from 'zod';

const keySchema = z.object({
  kid: z.string(),
  stage: z.enum(['next', 'signing', 'old']),
  since: z.string().nullable(),
  retiresAt: z.string().nullable(),
});
export const ringsSchema = z.record(z.string(), z.array(keySchema));
export type ShownRings = z.infer<typeof ringsSchema>;

export const answerSchema = z.object({
  did: z.enum(['listed', 'added', 'promoted', 'retired', 'nothing', 'waits', 'full']),
  until: z.string().optional(),
  rings: ringsSchema,
});
export type Answer = z.infer<typeof answerSchema>;

export const usage = `npm run keys -- list [--json]
npm run keys -- rotate credentials|principal|pins
npm run keys -- retire credentials|principal|pins [--compromised KID …]
See ops/runbooks/keys.md.`;

export function shownKeys({ rings }: Answer): string {
  const lines = Object.entries(rings).flatMap(([use, keys]) =>
    keys.map(({ kid, stage, since, retiresAt }) => {
      const words = [
        use.padEnd(12),
        kid.padEnd(20),
        stage.padEnd(8),
        since ? `since ${since}` : 'since the first start',
      ];
      return [...words, ...(retiresAt ? [`may go at ${retiresAt}`] : [])].join(' ');
    }),
  );
  return lines.join('\n');
}

/** What was done, and what comes next. */
export function told({ did, until }: Answer, use: string): string {
  switch (did) {
    case 'listed':
      return '';
    case 'added':
      return use === 'principal'
        ? 'Cells know the new key; it signs nothing yet. In ten seconds: npm run keys -- rotate principal'
        : `A new key of ${use} is kept, and signs nothing yet. Start the edge again (or deploy its variables) so that it verifies with it, then: npm run keys -- rotate ${use}`;
    case 'promoted':
      return use === 'pins'
        ? 'The new key signs pins from now on. Publish them once: npm run pins -- show --json > pins.json && npm run pins -- publish pins.json'
        : `The new key signs from the edge's next start (or deploy). The old one goes with: npm run keys -- retire ${use}`;
    case 'retired':
      return 'Old keys are gone. Start the edge again (or deploy its variables).';
    case 'nothing':
      return 'No old key may go yet.';
    case 'waits':
      return `The new key is not known everywhere before ${until}; try again then.`;
    case 'full':
      return 'There are as many keys as there may be; retire old ones first.';
  }
}
