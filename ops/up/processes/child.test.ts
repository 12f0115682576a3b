import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertRunning, type ChildSpec, type SpawnContext, startChild } from './child.ts';
import { identityOf, isGroupAlive } from './proc.ts';

let context: SpawnContext;

beforeEach(() => {
  const homeDirectory = mkdtempSync(join(tmpdir(), 'cellbook-child-'));
  context = {
    clock: systemClock,
    homeDirectory,
    logDirectory: join(homeDirectory, 'logs'),
    runDirectory: join(homeDirectory, 'run'),
  };
  mkdirSync(context.runDirectory);
});
afterEach(() => rmSync(context.homeDirectory, { recursive: true, force: true }));

function shell(script: string, stopDeadlineMs = 5_000): ChildSpec {
  return {
    name: 'sample',
    stopOrder: 0,
    command: 'bash',
    args: ['-c', script],
    stopSignal: 'SIGTERM',
    stopDeadlineMs,
  };
}

describe('a supervised program', () => {
  it('leads a group of its own and is recorded until it was stopped', async () => {
    const child = await startChild(context, shell('exec sleep 1000'));
    const recordPath = join(context.runDirectory, 'sample.json');
    expect(JSON.parse(readFileSync(recordPath, 'utf8'))).toMatchObject({
      ...identityOf(child.pid),
      name: 'sample',
    });
    expect(isGroupAlive(child.pid)).toBe(true);
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(existsSync(recordPath)).toBe(false);
  });

  it('takes its whole group with it when it ignores the request to stop', async () => {
    const child = await startChild(context, shell(`trap '' TERM; sleep 1000 & echo ready; wait; wait`, 200));
    await expect.poll(() => readFileSync(child.logPath, 'utf8')).toContain('ready');
    await child.stop();
    expect(isGroupAlive(child.pid)).toBe(false);
  });

  it('leaves no grandchild behind when it obeys and they do not', async () => {
    const child = await startChild(
      context,
      shell(`(trap '' TERM; echo ready; sleep 1000; sleep 1000) & wait`),
    );
    await expect.poll(() => readFileSync(child.logPath, 'utf8')).toContain('ready');
    await child.stop();
    expect(isGroupAlive(child.pid)).toBe(false);
  });

  it('is reported with the end of its log when it ends at once', async () => {
    const child = await startChild(context, shell('echo the port is taken >&2; exit 3'));
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(() => assertRunning(child)).toThrow(/the port is taken/);
    await child.stop();
  });

  it('is a typed error when there is no such program', async () => {
    const spec = { ...shell(''), command: '/nonexistent/program' };
    await expect(startChild(context, spec)).rejects.toMatchObject({
      code: 'internal',
      doing: 'starting sample',
    });
  });

  it('is stopped once, however often that is asked', async () => {
    const child = await startChild(context, shell('exec sleep 1000'));
    await Promise.all([child.stop(), child.stop(), child.stop()]);
    await child.stop();
    expect(child.hasExited()).toBe(true);
  });
});
