/** What a stock Jupyter server answers over the wire, a workspace answers too. */
import { expect, it } from 'vitest';
import { cacheDirectory } from '../up/home.ts';
import { runBlackbox } from './blackbox/against.ts';
import { useTestPlatform } from './test-platform.ts';
import { workspaceFolder } from './workspace-folder.ts';

const platform = useTestPlatform();

it('all 187 of jupyter_server’s REST tests that can run over the wire pass through the edge', async () => {
  const { url, home } = platform();
  const { expected, notPassed } = await runBlackbox({
    origin: url,
    cacheDirectory: cacheDirectory(process.env),
    folderOf: (id) => workspaceFolder(home, id),
  });
  expect(notPassed).toEqual([]);
  expect(expected).toBe(187);
}, 300_000);
