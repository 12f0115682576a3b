/**
 * `npm run demo:gpu [-- --json] [-- --keep DIRECTORY]`: GPU jobs of three tiers on a platform of its own (story.ts,
 * hanging-class.ts, crash-story.ts), each step with its time. With `--json` the last line of standard output is `{ok, steps, story,
 * hangingClass, crashes, versions}`. With `--keep` the videos are left there. Anything that goes wrong ends it with a code other than
 * zero.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { explain } from '../../up/explain.ts';
import { createProgress } from '../../up/progress.ts';
import { stopRequested } from '../../up/stop-requested.ts';
import { type StepTime, timedSteps } from '../steps.ts';
import { type CrashTold, tellCrashes } from './crash-story.ts';
import { type ClassTold, tellHangingClass } from './hanging-class.ts';
import { startOwnPlatform } from './own-platform.ts';
import { customers } from './people.ts';
import { type Told, tellStory } from './story.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, keep: { type: 'string' } },
});
const progress = createProgress({ clock: systemClock, output: process.stderr });
const steps = timedSteps(systemClock, show);
const outcome = {
  ok: false,
  steps: steps.times,
  story: null as Told | null,
  hangingClass: null as ClassTold | null,
  crashes: null as CrashTold | null,
  versions: {} as Record<string, string>,
};
const stop = stopRequested();
const videos = values.keep ?? mkdtempSync(join(tmpdir(), 'cellbook-videos-'));
mkdirSync(videos, { recursive: true });

try {
  const deps = { clock: systemClock, random: systemRandom, progress, signal: stop.signal };
  const { platform, stop: stopPlatform } = await startOwnPlatform(deps);
  try {
    const { url: origin, home } = platform;
    const stage = { origin, home, region: 'eu', videos, clock: systemClock, random: systemRandom, steps };
    const tell = async () => {
      const people = await steps.run('three customers', () => customers(stage));
      outcome.story = await tellStory(stage, people);
      outcome.hangingClass = await tellHangingClass(stage, people.paid);
      outcome.crashes = await tellCrashes(stage, people.paid);
    };
    await Promise.race([tell(), stop.reason.then((reason) => Promise.reject(new Error(reason)))]);
    Object.assign(outcome, { ok: true, versions: { ...platform.versions, node: process.version } });
  } finally {
    await stopPlatform();
  }
} catch (thrown) {
  progress.line(explain(thrown));
}
if (values.keep === undefined) rmSync(videos, { recursive: true });
else progress.line(`the videos are in ${videos}`);
if (values.json) console.log(JSON.stringify(outcome));
process.exit(outcome.ok ? 0 : 1);

function show({ name, ms }: StepTime, ok: boolean): void {
  progress.line(`${ok ? '✓' : '✗'} ${name.padEnd(38)} ${String(ms).padStart(6)} ms`);
}
