/** What attempts of one host do to each other, and to the host, when things go wrong: real programs, no scheduler. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { attemptOf, runOrder } from './testing/orders.ts';
import { devicesOf, type TestAttempts, testAttempts } from './testing/test-attempts.ts';
import { until } from './testing/until.ts';

const [a, b, c] = [attemptOf(1), attemptOf(2), attemptOf(3)];
const untilMs = Number.POSITIVE_INFINITY;
const done = ['sh', '-c', 'echo made > "$CELLBOOK_OUTPUT_DIR/result"'];
const forEver = ['sh', '-c', 'echo cellbook-progress: 0.5; exec sleep 600'];

/** Long waits between tries are none. */
const hasty: Clock = {
  ...systemClock,
  setTimer: (delayMs, callback) =>
    systemClock.setTimer(delayMs === limits.gpuAgent.run.tidyAgainMs ? 20 : delayMs, callback),
};

let host: TestAttempts;
afterEach(() => host.close());
const folderOf = (attemptId: string) => join(host.data, 'attempts', attemptId);

describe('attempts of one host', () => {
  it('cannot read each other’s files and environment, nor signal each other', async () => {
    const spy = `
      for path in /proc/[0-9]*; do
        pid=\${path#/proc/}
        tr '\\0' '\\n' < $path/cmdline 2>/dev/null | grep -qx 'the-victi[m]' || continue
        echo found
        cat $path/environ > /dev/null 2>&1 && echo read-environment
        ls $path/cwd/ > /dev/null 2>&1 && echo read-directory
        kill -0 $pid 2>/dev/null && echo signalled
      done > "$CELLBOOK_OUTPUT_DIR/result"
      for job in ${'$'}{CELLBOOK_JOB_FILE%/attempts/*}/attempts/*/work/job.json "$VICTIM"; do
        [ "$job" = "$CELLBOOK_JOB_FILE" ] || cat "$job" >> "$CELLBOOK_OUTPUT_DIR/result" 2>/dev/null
      done
      true`;
    host = testAttempts(
      [
        ['sh', '-c', 'echo cellbook-progress: 0.5; read never', 'the-victim'],
        ['sh', '-c', spy],
      ],
      (usual) => ({
        devices: {
          ...usual.devices,
          visible: () => ({ environment: { VICTIM: `${folderOf(a)}/work/job.json` }, minors: null }),
        },
      }),
    );
    host.attempts.start(runOrder(a, { prompt: 'a secret' }), untilMs);
    await until('the victim to run', () => host.attempts.reports()[0]?.progress === 0.5);
    host.attempts.start(runOrder(b, { version: '2', devices: [1] }), untilMs);
    expect(await host.outcomeOf(b)).toMatchObject({ kind: 'succeeded' });
    expect([...host.results.values()]).toEqual(['found\n']);
  });

  it('that ask for a version which this host has not are refused: the host is not at fault', async () => {
    host = testAttempts([done], () => ({}));
    host.attempts.start(runOrder(a, { version: '9' }), untilMs);
    expect(await host.outcomeOf(a)).toEqual({
      ...{ kind: 'failed', class: 'refused', detail: 'this host has no video-renderer@9' },
    });
  });

  it('keep their devices from others while what they ran does not end, also when they are forgotten', async () => {
    let stuck = true;
    host = testAttempts([done, forEver], (usual) => ({
      clock: hasty,
      endAll: async (marks) => (await usual.endAll(marks)) && !stuck,
    }));
    host.attempts.start(runOrder(a), untilMs);
    expect(await host.outcomeOf(a)).toMatchObject({ kind: 'succeeded' });
    host.attempts.forget(a);
    expect(host.attempts.reports()).toEqual([]);
    expect(devicesOf(host.attempts)).toMatchObject([
      { healthy: false, problem: expect.stringContaining(a) },
      { healthy: true },
    ]);
    host.attempts.start(runOrder(b), untilMs);
    expect(await host.outcomeOf(b)).toMatchObject({
      class: 'host_fault',
      detail: expect.stringContaining(a),
    });
    expect(existsSync(folderOf(a))).toBe(true);
    stuck = false;
    await until('the device to be well', () => devicesOf(host.attempts)[0]?.healthy);
    await until('its record to be gone', () => !existsSync(folderOf(a)));
    host.attempts.start(runOrder(c), untilMs);
    expect(await host.outcomeOf(c)).toMatchObject({ kind: 'succeeded' });
  });

  it('end whether or not what they wrote can be removed, and it is removed later', async () => {
    host = testAttempts([forEver], () => ({ clock: hasty }));
    host.attempts.start(runOrder(a), untilMs);
    await until('it to run', () => host.attempts.reports()[0]?.progress === 0.5);
    const place = join(folderOf(a), 'work', 'out', 'place');
    mkdirSync(place);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', place]);
    try {
      host.attempts.stop(a, 'cancelled', { save: false, stopMs: 0 });
      expect(await host.outcomeOf(a)).toEqual({ kind: 'cancelled' });
      host.attempts.forget(a);
      expect(existsSync(place)).toBe(true);
    } finally {
      execFileSync('umount', [place]);
    }
    await until('its folder to be gone', () => !existsSync(folderOf(a)));
  });

  it('are ended when they are given less time while they run', async () => {
    host = testAttempts([forEver]);
    host.attempts.start(runOrder(a), untilMs);
    await until('it to run', () => host.attempts.reports()[0]?.progress === 0.5);
    host.attempts.mayRunFor(a, 1);
    host.attempts.mayRunFor(a, 600_000);
    expect(await host.outcomeOf(a)).toMatchObject({ class: 'wall_clock' });
  });
});
