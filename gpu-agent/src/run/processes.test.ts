/** Real processes, and the kernel's word on them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { systemClock } from '@cellbook/shared/clock.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../testing/until.ts';
import { openGroups } from './cgroup.ts';
import { catches, identityOf, killAll, livePids, memoryMibOf } from './processes.ts';

/** Its first thread ends, another goes on: the kernel shows it as a zombie. */
const headless = `
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
ctypes.CDLL(None).pthread_exit(None)
`;
const variable = `CELLBOOK_TEST=headless-${process.pid}`;
const groups = openGroups(`cellbook-test-${process.pid}`);
let child: ChildProcess | null = null;
afterEach(() => {
  child?.kill('SIGKILL');
  groups.close();
});

describe('a process whose first thread has ended', () => {
  it('is found by each of its marks, and killed', async () => {
    const group = groups.make('headless', { memoryMibMax: 256, minors: null });
    const [name = '', value] = variable.split('=');
    const join = `for list in ${group.processLists.join(' ')}; do echo $$ > "$list"; done; exec "$@"`;
    child = spawn('sh', ['-c', join, 'sh', '/usr/bin/python3', '-c', headless], {
      env: { PATH: '/usr/bin:/bin', [name]: value },
      stdio: 'ignore',
      detached: true,
    });
    const pid = child.pid ?? 0;
    const leader = identityOf(pid);
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    await until('its first thread to end', () => isZombie(pid));
    const none = { leader: null, processLists: [], variable: 'CELLBOOK_TEST=none' };
    expect(livePids({ ...none, leader })).toEqual([pid]);
    expect(livePids({ ...none, variable })).toEqual([pid]);
    if (group.processLists.length > 0)
      expect(livePids({ ...none, processLists: group.processLists })).toContain(pid);
    expect(memoryMibOf([pid])).toBeGreaterThan(0);
    expect(await killAll({ leader, processLists: group.processLists, variable }, systemClock)).toBe(true);
    await ended;
    group.remove();
    expect(identityOf(pid)).toBeNull();
  });
});

const isZombie = (pid: number): boolean => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

describe('a process', () => {
  it('is known to listen to a signal, or not to', async () => {
    const one = (script: string) => spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
    const both = [one('trap : USR2; echo up; read end'), one('echo up; read end')];
    await Promise.all(both.map(({ stdout }) => new Promise((up) => stdout.once('data', up))));
    const { SIGUSR2 } = constants.signals;
    expect(both.map(({ pid = 0 }) => catches(pid, SIGUSR2))).toEqual([true, false]);
    expect(catches(0, SIGUSR2)).toBe(false);
    for (const each of both) each.kill('SIGKILL');
  });
});
