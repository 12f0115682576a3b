/**
 * `npm run blackbox`: jupyter_server's own REST tests over the wire, against a workspace of ours behind the
 * edge. The tests come from its source distribution on PyPI (by name, in the version that is installed) and
 * lie outside the repository; `expected-ids.txt` names those that pass on the stock server over the wire.
 * The last line is `{expected, passed, missing}`; it ends with a code other than zero unless all pass.
 */
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { platformConfig } from '../../up/config.ts';
import { explain } from '../../up/explain.ts';
import { openHome } from '../../up/home.ts';
import { createProgress } from '../../up/progress.ts';
import { stopRequested } from '../../up/stop-requested.ts';
import { usePlatform } from '../../up/use-platform.ts';
import { workspaceFolder } from '../workspace-folder.ts';
import { runBlackbox } from './against.ts';

const progress = createProgress({ clock: systemClock, output: process.stderr });
const config = platformConfig(process.env);
// The client library tells each socket it opens.
console.debug = () => undefined;

async function main(): Promise<boolean> {
  const deps = { clock: systemClock, random: systemRandom, progress, signal: stopRequested().signal };
  const platform = await usePlatform(config, deps);
  try {
    const folderOf = (id: string) => workspaceFolder(openHome(config.homeDirectory), id);
    const { cacheDirectory } = config;
    const { expected, notPassed } = await progress.step('jupyter_server’s tests', () =>
      runBlackbox({ origin: platform.url, cacheDirectory, folderOf }),
    );
    for (const { id, why } of notPassed) progress.line(`✗ ${id}: ${why}`);
    const missing = notPassed.map(({ id }) => id);
    console.log(JSON.stringify({ expected, passed: expected - missing.length, missing }));
    return missing.length === 0;
  } finally {
    await platform.release();
  }
}

let ok = false;
try {
  ok = await main();
} catch (thrown) {
  progress.line(explain(thrown));
}
process.exit(ok ? 0 : 1);
