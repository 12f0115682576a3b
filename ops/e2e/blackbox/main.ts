/**
 * `npm run blackbox`: jupyter_server's own REST tests over the wire, against a workspace of ours behind the
 * edge. The tests come from its source distribution on PyPI (by name, in the version that is installed) and
 * lie outside the repository; `expected-ids.txt` names those that pass on the stock server over the wire.
 * The last line is `{expected, passed, missing}`; it ends with a code other than zero unless all pass.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { execute, jupyterClient } from '../../client/jupyter.ts';
import { platformConfig } from '../../up/config.ts';
import { explain } from '../../up/explain.ts';
import { openHome } from '../../up/home.ts';
import { createProgress } from '../../up/progress.ts';
import { stopRequested } from '../../up/stop-requested.ts';
import { usePlatform } from '../../up/use-platform.ts';
import { ensurePythonClients, ensureServerSources } from '../python/python-clients.ts';
import { newUser } from '../user.ts';
import { workspaceFolder } from '../workspace-folder.ts';
import { layOutTests } from './layout.ts';
import { expectedIds, missing, runTests } from './run.ts';

const progress = createProgress({ clock: systemClock, output: process.stderr });
const config = platformConfig(process.env);
// The client library tells each socket it opens.
console.debug = () => undefined;
const directory = mkdtempSync(join(tmpdir(), 'cellbook-blackbox-'));

async function main(): Promise<boolean> {
  const python = await progress.step('Jupyter’s Python clients', () =>
    ensurePythonClients(config.cacheDirectory),
  );
  layOutTests(await ensureServerSources(config.cacheDirectory, python), directory);
  const deps = { clock: systemClock, random: systemRandom, progress, signal: stopRequested().signal };
  const platform = await usePlatform(config, deps);
  try {
    return await against(platform.url, python);
  } finally {
    await platform.release();
  }
}

async function against(origin: string, python: string): Promise<boolean> {
  const user = await newUser(origin);
  const workspace = await user.createWorkspace('Black box');
  const jupyter = jupyterClient(origin, workspace.id, user.token);
  // The tests put files into the workspace's folder on this machine, which is there while it runs.
  await execute(await jupyter.kernels.startNew({ name: 'python3' }), '1');
  jupyter.dispose();
  const target = {
    url: `${origin}/w/${workspace.id}`,
    token: user.token,
    root: workspaceFolder(openHome(config.homeDirectory), config.cellId, workspace.id),
  };
  const results = await progress.step('jupyter_server’s tests', () => runTests(python, directory, target));
  await user.workspaces.delete(workspace.id);
  const expected = expectedIds();
  const notPassed = missing(expected, results);
  for (const { id, why } of notPassed) progress.line(`✗ ${id}: ${why}`);
  const passed = expected.length - notPassed.length;
  console.log(JSON.stringify({ expected: expected.length, passed, missing: notPassed.map(({ id }) => id) }));
  return notPassed.length === 0;
}

let ok = false;
try {
  ok = await main();
} catch (thrown) {
  progress.line(explain(thrown));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(ok ? 0 : 1);
