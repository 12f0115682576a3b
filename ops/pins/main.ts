/**
 * `npm run pins -- <command>`: which users live in which cell.
 *
 *   show [--json]                          what the edge goes by now
 *   verify [FILE]                          what is wrong with a layout, or with the one in use
 *   publish FILE                           publishes a layout (as `show --json` prints it) by canary and steps
 *   cell-key FILE                          makes the key of a cell that is to join
 *   join CELL=URL --region REGION --cell-key FILE
 *                                          a new cell gets its share of new users; nobody moves
 *   move FROM TO --buckets N               new users of N buckets go to another cell; nobody moves
 *   override USER CELL | override USER -   pins one user, or lets the table decide again
 *   rollback                               the layout published before this one
 *
 *   --home DIR --edge URL --key FILE       which platform (default: this checkout's, or CELLBOOK_HOME)
 *   --steps 0.01,0.1,0.5,1  --soak-seconds 5  --without CELL[,CELL]  --unverified
 *
 * Ends with 0 when done, 1 when it was rolled back, verification found errors, or it could not begin.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { platformConfig } from '../up/config.ts';
import { explain } from '../up/explain.ts';
import { makeCellKey, readPublicCellKey } from './cell-key.ts';
import {
  type ChangeOptions,
  joinCell,
  moveBuckets,
  overrideUser,
  publishFile,
  rollBackPins,
  showPins,
  verifyPinsOf,
} from './commands.ts';
import { openPins, type PinsContext } from './context.ts';
import type { Outcome } from './publish.ts';
import { shownPins, usage } from './words.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    home: { type: 'string' },
    edge: { type: 'string' },
    key: { type: 'string' },
    region: { type: 'string' },
    'cell-key': { type: 'string' },
    buckets: { type: 'string' },
    steps: { type: 'string', default: '0.01,0.1,0.5,1' },
    'soak-seconds': { type: 'string', default: '5' },
    without: { type: 'string' },
    unverified: { type: 'boolean', default: false },
  },
});
const [command = 'help', first = '', second = ''] = positionals;

const stepsSchema = z
  .array(z.coerce.number().gt(0).max(1))
  .min(1)
  .refine((steps) => steps.at(-1) === 1, 'the last step is 1')
  .refine((steps) => steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? 0)), 'steps grow');

try {
  process.exitCode = await run();
} catch (thrown) {
  console.error(explain(thrown));
  process.exitCode = 1;
}

async function run(): Promise<number> {
  if (command === 'cell-key' && first !== '') {
    await makeCellKey(first);
    return 0;
  }
  const commands: Record<string, (context: PinsContext, options: ChangeOptions) => Promise<number>> = {
    show: async (context) => {
      const shown = await showPins(context);
      console.log(values.json ? JSON.stringify(shown) : shownPins(shown));
      return 0;
    },
    verify: async (context) => {
      const findings = await verifyPinsOf(context, first === '' ? null : await layoutIn(first));
      if (values.json) console.log(JSON.stringify({ findings }));
      else console.log(findings.map(({ text }) => `  ${text}`).join('\n') || '  nothing is wrong with it');
      return findings.some(({ isError }) => isError) ? 1 : 0;
    },
    publish: async (context, options) => told(await publishFile(context, await layoutIn(first), options)),
    join: async (context, options) => {
      const [id = '', url = ''] = first.split(/=(.*)/s);
      const key = values['cell-key'] === undefined ? undefined : await readPublicCellKey(values['cell-key']);
      return told(
        await joinCell(context, { id, url, region: values.region ?? '', ...(key && { key }) }, options),
      );
    },
    move: async (context, options) => {
      const buckets = z.coerce.number().int().positive().parse(values.buckets);
      return told(await moveBuckets(context, { from: first, to: second, buckets }, options));
    },
    override: async (context, options) =>
      told(await overrideUser(context, { user: first, cell: second === '-' ? null : second }, options)),
    rollback: async (context, options) => told(await rollBackPins(context, options)),
  };
  const chosen = commands[command];
  if (!chosen) {
    console.error(usage);
    return command === 'help' ? 0 : 1;
  }
  const config = platformConfig({ ...process.env, ...(values.home && { CELLBOOK_HOME: values.home }) });
  const context = await openPins({
    homeDirectory: config.homeDirectory,
    edgeUrl: values.edge ?? `http://localhost:${config.edgePort}`,
    keyPath: values.key,
    ...{ clock: systemClock, random: systemRandom, say: (line) => console.error(line) },
  });
  return chosen(context, {
    steps: stepsSchema.parse(values.steps.split(',')),
    soakMs: z.coerce.number().min(0).max(3_600).parse(values['soak-seconds']) * 1_000,
    without: values.without?.split(',') ?? [],
    unverified: values.unverified,
  });
}

async function layoutIn(path: string): Promise<unknown> {
  const given: unknown = JSON.parse(await readFile(path, 'utf8'));
  const whole = z.object({ layout: z.unknown() }).safeParse(given);
  return whole.success && whole.data.layout !== undefined ? whole.data.layout : given;
}

function told(outcome: Outcome): number {
  if (values.json) console.log(JSON.stringify(outcome));
  else if (outcome.published) console.log(`  published: epoch ${outcome.epoch}`);
  else console.log(`  rolled back at ${outcome.at}: ${outcome.problem}`);
  return outcome.published ? 0 : 1;
}
