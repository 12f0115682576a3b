import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChild } from './child.ts';
import { type Leftovers, stopLeftovers } from './leftovers.ts';
import { identityOf, isGroupAlive, type ProcessIdentity } from './proc.ts';
import { homeVariable } from './record.ts';

let where: Leftovers;
const bystanders: ChildProcess[] = [];

beforeEach(() => {
  const homeDirectory = mkdtempSync(join(tmpdir(), 'cellbook-leftovers-'));
  where = { clock: systemClock, homeDirectory, runDirectory: join(homeDirectory, 'run') };
  mkdirSync(where.runDirectory);
});
afterEach(() => {
  for (const bystander of bystanders.splice(0)) bystander.kill('SIGKILL');
  rmSync(where.homeDirectory, { recursive: true, force: true });
});

async function bystander(env: Record<string, string> = {}): Promise<number> {
  const child = spawn('sleep', ['1000'], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: 'ignore',
  });
  bystanders.push(child);
  await once(child, 'spawn');
  return child.pid as number;
}

function record(name: string, identity: ProcessIdentity, stopOrder = 0): void {
  const text = JSON.stringify({ ...identity, name, stopOrder, stopSignal: 'SIGTERM', stopDeadlineMs: 2_000 });
  writeFileSync(join(where.runDirectory, `${name}.json`), text);
}

function recorded(pid: number): ProcessIdentity {
  const identity = identityOf(pid);
  if (!identity) throw new Error(`process ${pid} is gone`);
  return identity;
}

describe('what a killed starter left', () => {
  it('is stopped by its records, the edge before its stores, and forgotten', async () => {
    const [first, second] = [await bystander(), await bystander()];
    record('postgres', recorded(first), 3);
    record('edge', recorded(second), 0);
    expect(await stopLeftovers(where)).toEqual(['edge', 'postgres']);
    expect([isGroupAlive(first), isGroupAlive(second)]).toEqual([false, false]);
    expect(readdirSync(where.runDirectory)).toEqual([]);
  });

  it('is told apart from a stranger that has been given the same pid', async () => {
    const stranger = await bystander();
    record('postgres', { ...recorded(stranger), startTicks: '1' });
    expect(await stopLeftovers(where)).toEqual([]);
    expect(isGroupAlive(stranger)).toBe(true);
  });

  it('is told apart from a stranger of another boot of the machine', async () => {
    const stranger = await bystander();
    record('postgres', { ...recorded(stranger), bootId: 'of yesterday' });
    await stopLeftovers(where);
    expect(isGroupAlive(stranger)).toBe(true);
  });

  it('is found by its environment when no record names it', async () => {
    const ours = await bystander({ [homeVariable]: where.homeDirectory });
    const ofAnotherHome = await bystander({ [homeVariable]: `${where.homeDirectory}-other` });
    expect(await stopLeftovers(where)).toEqual([`process ${ours}`]);
    expect([isGroupAlive(ours), isGroupAlive(ofAnotherHome)]).toEqual([false, true]);
  });

  it('is found through its group when its leader has ended', async () => {
    const child = await startChild(
      { ...where, logDirectory: join(where.homeDirectory, 'logs') },
      {
        name: 'edge',
        stopOrder: 0,
        command: 'bash',
        args: ['-c', 'sleep 1000 & exit 0'],
        stopSignal: 'SIGTERM',
        stopDeadlineMs: 500,
      },
    );
    await child.exited;
    expect(await stopLeftovers(where)).toContain('edge');
    expect(isGroupAlive(child.pid)).toBe(false);
  });

  it('is nothing when a record is damaged: nobody is signalled', async () => {
    writeFileSync(join(where.runDirectory, 'edge.json'), '{"pid":');
    expect(await stopLeftovers(where)).toEqual([]);
  });
});
