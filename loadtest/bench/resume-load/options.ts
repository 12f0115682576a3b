import { parseArgs } from 'node:util';
import { z } from 'zod';

export const usage = `npm run bench -- resume-load [--json] [--seconds 60] [--people 9] [--at-once 3] [--places 5] [--slack 1] [--url URL]

  --json     print nothing but the result, as the last line on standard output
  --seconds  how long rounds are begun
  --people   with a workspace each, a third of each tier
  --at-once  how many of them come back, run a cell and leave at the same time
  --places   of the cell for sandboxes: with fewer than people some come back from their images
  --slack    by how much slower than the targets a resume may be
  --url      a platform that runs already, with development sign-in; all people are of the free tier there`;

const wholeSchema = z.coerce.number().int().min(1).max(1_000);

const optionsSchema = z.object({
  json: z.boolean(),
  seconds: wholeSchema.default(60),
  people: wholeSchema.default(9),
  atOnce: wholeSchema.default(3),
  places: wholeSchema.default(5),
  slack: z.coerce.number().min(1).default(1),
  url: z.url().optional(),
});
export type Options = z.infer<typeof optionsSchema>;

export function parseOptions(argv: string[]): Options {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      ...{ seconds: text, people: text, 'at-once': text, places: text, slack: text, url: text },
    },
  });
  z.tuple([z.literal('resume-load')]).parse(positionals);
  return optionsSchema.parse({ ...values, atOnce: values['at-once'] });
}
