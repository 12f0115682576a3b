/** Runs the checkout's wrangler from the root of the checkout, quietly, with no word to anybody outside. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';

const root = dirname(dirname(import.meta.dirname));
export const configFiles = ['wrangler.toml', join('edge', 'sockets', 'wrangler.toml')];

/** A first start applies every migration in turn: 4 s on an idle machine, over a minute on two cores at load 30. */
const deadlineMs = 180_000;

/** Its standard output; throws with what it said when it fails or takes longer than that. */
export function runWrangler(arguments_: readonly string[]): Promise<string> {
  const wrangler = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const environment = {
    ...process.env,
    WRANGLER_SEND_METRICS: 'false',
    CI: '1',
    NO_COLOR: '1',
    NO_UPDATE_NOTIFIER: '1',
  };
  return new Promise((resolve, reject) => {
    const options = { cwd: root, env: environment, timeout: deadlineMs };
    execFile(
      process.execPath,
      [wrangler, ...arguments_, '-c', configFiles[0] ?? ''],
      options,
      (error, stdout, stderr) => {
        if (error)
          reject(
            new Error(`wrangler ${arguments_.slice(0, 3).join(' ')}: ${stderr || stdout}`, { cause: error }),
          );
        else resolve(stdout);
      },
    );
  });
}
