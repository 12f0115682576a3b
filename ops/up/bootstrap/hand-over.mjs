import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { projectNode } from './node-modules.mjs';

/** How often it looks whether the npm that started it is still there. */
const parentPollMs = 500;

/**
 * Runs the script on the project's own Node and gives back its exit code. Signals are passed on. On a
 * terminal Ctrl-C reaches the script directly as well, so a script has to bear a signal twice. When the npm
 * above is killed the script is asked to stop: nobody could reach it any more.
 */
export function handOver(checkout, script, args) {
  const bin = join(checkout, 'node_modules', '.bin');
  const child = spawn(projectNode(checkout), [join(checkout, script), ...args], {
    cwd: checkout,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH ?? ''}${delimiter}/usr/sbin:/sbin`,
      // By this the script knows its parent, and stops when that is killed.
      CELLBOOK_BOOTSTRAP_PID: String(process.pid),
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  if (process.env.npm_execpath) watchParent(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
  });
}

function watchParent(onGone) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, parentPollMs);
  timer.unref();
}
