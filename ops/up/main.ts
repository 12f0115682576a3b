/**
 * `npm start`: takes the home's lock, starts the platform, says where it is, and waits to be told to stop
 * (Ctrl-C, a closed terminal, the end of the npm above). A program that dies meanwhile is started again
 * (processes/program.ts); only the loss of the edge for good ends the platform.
 */
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { platformConfig } from './config.ts';
import { explain } from './explain.ts';
import { openHome } from './home.ts';
import { type Platform, startPlatform } from './platform.ts';
import { createProgress } from './progress.ts';
import { type LockResult, type StarterStatus, takeStarterLock } from './starter-lock.ts';
import { stopRequested } from './stop-requested.ts';
import { waitUntil } from './wait-until.ts';
import { welcome } from './welcome.ts';

const stopDeadlineMs = 120_000;

/** A bug must not leave programs behind: it ends the wait like a death does, and all is stopped in order. */
const bug = new Promise<{ reason: string; code: number }>((resolve) => {
  const tell = (thrown: unknown) =>
    resolve({ reason: `something failed in the starter:\n${explain(thrown)}`, code: 1 });
  process.on('uncaughtException', tell);
});

const progress = createProgress({ clock: systemClock, output: process.stdout });

async function main(): Promise<number> {
  const config = platformConfig(process.env);
  const home = openHome(config.homeDirectory);
  const status: StarterStatus = { pid: process.pid, state: 'starting', url: null, versions: {} };
  const lock = await takeLockAfterStopping(home.directory, () => status);
  if (!lock.taken) {
    progress.line(alreadyRunning(home.directory, lock.holder));
    return 1;
  }
  const stop = stopRequested();
  let platform: Platform | null = null;
  try {
    platform = await startPlatform(config, {
      clock: systemClock,
      random: systemRandom,
      progress,
      signal: stop.signal,
    });
    Object.assign(status, { state: 'running', url: platform.url, versions: platform.versions });
    progress.line(welcome(platform));
    return await untilEnd(platform, stop.reason);
  } catch (thrown) {
    if (stop.signal.aborted) return 0;
    throw thrown;
  } finally {
    status.state = 'stopping';
    if (platform) await progress.step('stopping', () => platform?.stop() ?? Promise.resolve());
    await lock.release();
  }
}

/** Waits for whichever comes first; the code is 0 when it was asked to end. */
async function untilEnd(platform: Platform, stopReason: Promise<string>): Promise<number> {
  const asked = stopReason.then((reason) => ({ reason, code: 0 }));
  const lost = platform.lost.then((reason) => ({ reason, code: 1 }));
  const { reason, code } = await Promise.race([asked, lost, bug]);
  progress.line(`\n${reason}`);
  return code;
}

/** A starter that is stopping will be gone soon: it is waited for, so that stop and start can follow at once. */
async function takeLockAfterStopping(
  homeDirectory: string,
  status: () => StarterStatus,
): Promise<LockResult> {
  let announced = false;
  const take = async () => {
    const result = await takeStarterLock(homeDirectory, status);
    if (result.taken || result.holder?.state !== 'stopping') return result;
    if (!announced) progress.line('waiting for the earlier start to finish stopping');
    announced = true;
    return null;
  };
  return waitUntil(take, {
    clock: systemClock,
    deadlineMs: stopDeadlineMs,
    what: 'the earlier start to finish stopping',
    pollMs: 250,
  });
}

function alreadyRunning(homeDirectory: string, holder: StarterStatus | null): string {
  const who = holder ? `process ${holder.pid}, ${holder.state}` : 'a process that does not answer';
  const where = holder?.url ? ` at ${holder.url}` : '';
  return [
    `Cellbook is already up on ${homeDirectory}${where} (${who}).`,
    'Use that one, end it with `npm stop`, or start a second one on a home and port of its own:',
    '    CELLBOOK_HOME=/some/where CELLBOOK_EDGE_PORT=8887 npm start',
  ].join('\n');
}

main().then(
  (code) => process.exit(code),
  (thrown) => {
    progress.line(explain(thrown));
    process.exit(1);
  },
);
