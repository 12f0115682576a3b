/**
 * `npm run demo [-- --json] [-- --no-crash]`: tells the story (whole.ts) on the running platform, or on one it
 * starts, and prints each step with its time. With `--json` the last line is `{ok, steps, loss, versions}`.
 * With `--no-crash` no cell is killed: for a platform that others are working on. Anything that goes wrong
 * ends it with a code other than zero.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { platformConfig } from '../up/config.ts';
import { explain } from '../up/explain.ts';
import { openHome } from '../up/home.ts';
import { createProgress } from '../up/progress.ts';
import { stopRequested } from '../up/stop-requested.ts';
import { usePlatform } from '../up/use-platform.ts';
import type { LossTold } from './cell-loss-story.ts';
import { type StepTime, timedSteps } from './steps.ts';
import { tellAll } from './whole.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, 'no-crash': { type: 'boolean', default: false } },
});
const progress = createProgress({ clock: systemClock, output: process.stderr });
const steps = timedSteps(systemClock, show);
const outcome = {
  ok: false,
  steps: steps.times,
  loss: null as LossTold | null,
  versions: {} as Record<string, string>,
};
const stop = stopRequested();
// The client library tells each socket it opens, and each one that it opens again.
console.debug = () => undefined;
console.warn = () => undefined;

try {
  const deps = { clock: systemClock, random: systemRandom, progress, signal: stop.signal };
  const config = platformConfig(process.env);
  const platform = await usePlatform(config, deps);
  const { edge = '', postgres = '', redis = '', sandbox = '' } = platform.versions;
  try {
    const home = openHome(config.homeDirectory);
    const stage = { origin: platform.url, home, clock: systemClock, random: systemRandom, steps };
    const { kernel, loss } = await Promise.race([
      tellAll(stage, { crash: !values['no-crash'] }),
      stop.reason.then((reason) => Promise.reject(new Error(reason))),
    ]);
    if (loss) progress.line(tellOf(loss));
    Object.assign(outcome, {
      ok: true,
      loss,
      versions: { edge, postgres, redis, sandbox, kernel, node: process.version },
    });
  } finally {
    await platform.release();
  }
} catch (thrown) {
  progress.line(explain(thrown));
}
if (values.json) console.log(JSON.stringify(outcome));
// A client library keeps timers of its own; everything here has been said and stopped.
process.exit(outcome.ok ? 0 : 1);

function show({ name, ms }: StepTime, ok: boolean): void {
  progress.line(`${ok ? '✓' : '✗'} ${name.padEnd(34)} ${String(ms).padStart(6)} ms`);
}

function tellOf({ cell, others: { api, contents, executes }, refusals, backAfterMs }: LossTold): string {
  return [
    `  Cell ${cell} was killed with -9 and was back after ${(backAfterMs / 1_000).toFixed(1)} s. Meanwhile the others had`,
    `  ${api} API requests, ${contents} saves and ${executes} executes answered, none failed; its own user was told`,
    `  ${refusals} times to wait (503 with Retry-After), and then found everything again.`,
  ].join('\n');
}
