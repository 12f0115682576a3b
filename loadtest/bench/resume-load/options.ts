import { parseArgs } from 'node:util';
import { z } from 'zod';

export const usage = `npm run bench -- resume-load [--json] [--seconds 60] [--people 9] [--at-once 3] [--places 5] [--slack 1] [--url URL]

  --json     print nothing but the result, as the last line on standard output
  --seconds  how long rounds are begun
  --people   with a workspace each, a third of each tier
  --at-once  how many of them come back, run a cell and leave at the same time
  --places   of the cell for sandboxes: with fewer than people some come back from their images
  --slack    by how much slower than the targets a resume may be
  --url      a platform that runs already, with development sign-in; all people are of the free tier there
  --mixed    … but where its operator is operator@example.org: a third of each tier

npm run bench -- resume-load --storm [--json] [--seconds 1000] [--people 200] [--places 40] [--prepared 40] [--pool auto]

  everybody at once, each once (loadtest/resume-storm.js): nobody may fail, and no tier may wait longer than a lower one
  --seconds  how long at most somebody waits
  --prepared how many of the people have used their workspace before, so that memory of it is kept
  --pool     CELLBOOK_POOL of the platform`;

const wholeSchema = z.coerce.number().int().min(1).max(3_000);

const common = { json: z.boolean(), url: z.url().optional(), mixed: z.boolean() };

const roundsSchema = z.object({
  ...common,
  storm: z.literal(false),
  seconds: wholeSchema.default(60),
  people: wholeSchema.default(9),
  atOnce: wholeSchema.default(3),
  places: wholeSchema.default(5),
  slack: z.coerce.number().min(1).default(1),
});

const stormSchema = z.object({
  ...common,
  storm: z.literal(true),
  seconds: wholeSchema.default(1_000),
  people: wholeSchema.default(200),
  places: wholeSchema.default(40),
  prepared: z.coerce.number().int().min(0).default(40),
  pool: z.string().default('auto'),
});

const optionsSchema = z.discriminatedUnion('storm', [roundsSchema, stormSchema]);
export type Options = z.infer<typeof optionsSchema>;

export function parseOptions(argv: string[]): Options {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      storm: { type: 'boolean', default: false },
      mixed: { type: 'boolean', default: false },
      ...{ seconds: text, people: text, 'at-once': text, places: text, slack: text, url: text },
      ...{ prepared: text, pool: text },
    },
  });
  z.tuple([z.literal('resume-load')]).parse(positionals);
  return optionsSchema.parse({ ...values, atOnce: values['at-once'] });
}
