/**
 * `npm run demo [-- --json]`: tells the story (story.ts) on the running platform, or on one it starts, and
 * prints each step with its time. With `--json` the last line is `{ok, steps, versions}`. Anything that goes
 * wrong ends it with a code other than zero.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { platformConfig } from '../up/config.ts';
import { explain } from '../up/explain.ts';
import { createProgress } from '../up/progress.ts';
import { stopRequested } from '../up/stop-requested.ts';
import { usePlatform } from '../up/use-platform.ts';
import { type StepTime, timedSteps } from './steps.ts';
import { tellStory } from './story.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const progress = createProgress({ clock: systemClock, output: process.stderr });
const steps = timedSteps(systemClock, show);
const outcome = { ok: false, steps: steps.times, versions: {} as Record<string, string> };
const stop = stopRequested();
// The client library tells each socket it opens.
console.debug = () => undefined;

try {
  const deps = { clock: systemClock, random: systemRandom, progress, signal: stop.signal };
  const platform = await usePlatform(platformConfig(process.env), deps);
  const { edge = '', postgres = '', redis = '', sandbox = '' } = platform.versions;
  try {
    const story = tellStory({ origin: platform.url, clock: systemClock, random: systemRandom, steps });
    const kernel = await Promise.race([
      story,
      stop.reason.then((reason) => Promise.reject(new Error(reason))),
    ]);
    Object.assign(outcome, {
      ok: true,
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
  progress.line(`${ok ? '✓' : '✗'} ${name.padEnd(28)} ${String(ms).padStart(6)} ms`);
}
