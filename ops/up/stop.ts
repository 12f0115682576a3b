/** `npm stop`: asks the running starter of the home to end; with none running, ends what a killed one left. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { platformConfig } from './config.ts';
import { openHome } from './home.ts';
import { stopLeftovers } from './processes/leftovers.ts';
import { identityOf, isAlive } from './processes/proc.ts';
import { signalIgnoringGone } from './processes/stop-group.ts';
import { takeStarterLock } from './starter-lock.ts';
import { waitUntil } from './wait-until.ts';

const stopDeadlineMs = 120_000;

const home = openHome(platformConfig(process.env).homeDirectory);
const lock = await takeStarterLock(home.directory, () => ({
  pid: process.pid,
  state: 'stopping',
  url: null,
  versions: {},
}));
if (lock.taken) {
  const found = await stopLeftovers({
    clock: systemClock,
    homeDirectory: home.directory,
    runDirectory: home.run,
  });
  await lock.release();
  console.log(found.length > 0 ? `stopped what was left: ${found.join(', ')}` : 'Cellbook is not running.');
} else if (lock.holder) {
  const identity = identityOf(lock.holder.pid);
  signalIgnoringGone(lock.holder.pid, 'SIGTERM');
  if (identity) {
    const what = `process ${identity.pid} to end`;
    await waitUntil(() => !isAlive(identity), { clock: systemClock, deadlineMs: stopDeadlineMs, what });
  }
  console.log('stopped');
} else {
  console.error('something holds this home and does not answer; look for it with `ps`');
  process.exitCode = 1;
}
