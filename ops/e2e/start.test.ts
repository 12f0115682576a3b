/** What `npm start` promises, tried as a person would: on a terminal, with Ctrl-C, kill -9 and a taken port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callJson } from '../client/http.ts';
import { execute, jupyterClient } from '../client/jupyter.ts';
import { openHome } from '../up/home.ts';
import { freePort, isPortFree } from '../up/ports.ts';
import { killProgram, programOf } from '../up/processes/kill-program.ts';
import { ancestryOf, pidsWithEnvironment } from '../up/processes/proc.ts';
import { homeVariable } from '../up/processes/record.ts';
import { askStarter } from '../up/starter-lock.ts';
import { removeHome } from './remove-home.ts';
import { runInTerminal, type TerminalRun } from './terminal.ts';
import { newUser } from './user.ts';

let home: string;
let port: number;
let bystander: ChildProcess;

beforeEach(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'cellbook-start-')));
  port = await freePort();
  cells = 'eu=eu-1';
  bystander = spawn('sleep', ['1000'], { stdio: 'ignore' });
});
afterEach(async () => {
  expect(bystander.exitCode, 'a program that was not ours has been stopped').toBeNull();
  bystander.kill();
  const stop = npm('stop');
  await stop.exitCode;
  removeHome(home);
});

/** One cell, but where a test is about all four: each cell costs a start its seconds. */
let cells: string;

const npm = (...args: string[]): TerminalRun =>
  runInTerminal(args, {
    CELLBOOK_HOME: home,
    CELLBOOK_EDGE_PORT: String(port),
    CELLBOOK_CELLS: cells,
    CELLBOOK_POOL: 'off',
    CELLBOOK_GPU: 'off',
  });

const running = () => pidsWithEnvironment(homeVariable, home);

const pidOf = (program: string): number => programOf(openHome(home), program).pid;

/** The programs under one program, however deep. */
const childrenOf = (pid: number): number[] =>
  running().filter((one) => one !== pid && ancestryOf(one).includes(pid));

async function startUp(): Promise<TerminalRun> {
  const start = npm('start');
  await start.shows(`Cellbook is up:  http://localhost:${port}`, 240_000);
  return start;
}

describe('npm start', () => {
  it('stops all it started on Ctrl-C, frees its port, and finds its data at the next start', async () => {
    cells = 'eu=eu-1,eu-2;us=us-1,us-2';
    const first = await startUp();
    const user = await newUser(`http://localhost:${port}`);
    const workspace = await user.createWorkspace('Kept');
    for (const cell of ['eu-1', 'eu-2', 'us-1', 'us-2']) expect(running()).toContain(pidOf(`cell-${cell}`));
    const client = jupyterClient(`http://localhost:${port}`, workspace.id, user.token);
    const kernel = await client.kernels.startNew({ name: 'python3' });
    const code = `open('by-code.txt', 'w').write('written just before the end')`;
    expect((await execute(kernel, code)).status).toBe('ok');
    first.press('\x03');
    expect(await first.exitCode).toBe(0);
    expect(running()).toEqual([]);
    expect(await isPortFree(port)).toBe(true);

    const second = await startUp();
    // What ran when it was stopped was suspended, and nobody is told of a loss.
    const kept = { id: workspace.id, name: 'Kept', phase: 'suspended', problem: null };
    expect(await user.workspaces.get(workspace.id)).toMatchObject(kept);
    expect((await client.contents.get('by-code.txt')).content).toBe('written just before the end');
    client.dispose();
    second.press('\x03');
    await second.exitCode;
    expect(running()).toEqual([]);
  }, 300_000);

  it('replaces what a killed starter left running, and its data is there', async () => {
    await startUp();
    const user = await newUser(`http://localhost:${port}`);
    const workspace = await user.createWorkspace('Kept');
    const starter = await askStarter(home);
    if (!starter) throw new Error('nobody holds the home');
    process.kill(starter.pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await askStarter(home)).toBeNull(), { timeout: 10_000 });
    expect(running().length).toBeGreaterThanOrEqual(4);

    const next = await startUp();
    expect(next.shown()).toContain('stopped what an earlier start left');
    expect(await user.workspaces.get(workspace.id)).toMatchObject({ id: workspace.id });
    next.press('\x03');
    await next.exitCode;
    expect(running()).toEqual([]);
  });

  it('starts whatever is killed again, says so, and still stops on Ctrl-C', async () => {
    const start = await startUp();
    const user = await newUser(`http://localhost:${port}`);
    const workspace = await user.createWorkspace('Kept');
    for (const program of ['cell-eu-1', 'host-eu-1-a', 'postgres-eu-1', 'redis-eu-1', 'edge']) {
      const { pid } = killProgram(openHome(home), program);
      await start.shows(`✗ ${program} ended (SIGKILL) and is started again`, 60_000);
      await start.shows(`✓ ${program} is back`, 60_000);
      expect(pidOf(program)).not.toBe(pid);
      const served = () => user.workspaces.get(workspace.id);
      await vi.waitFor(async () => expect(await served()).toMatchObject({ name: 'Kept' }), 60_000);
    }
    start.press('\x03');
    expect(await start.exitCode).toBe(0);
    expect(running()).toEqual([]);
  }, 300_000);

  it('starts the edge again when its workerd is gone and wrangler is not', async () => {
    const start = await startUp();
    const wrangler = pidOf('edge');
    for (const pid of childrenOf(wrangler)) process.kill(pid, 'SIGKILL');
    await start.shows('✓ edge is back', 90_000);
    expect(pidOf('edge')).not.toBe(wrangler);
    expect(await callJson(`http://localhost:${port}`, { method: 'GET', path: '/healthz' })).toMatchObject({
      ok: true,
    });
  });

  it('refuses a home with a cell that is not named any more, and changes nothing', async () => {
    const database = openHome(home).cell('us-9').postgres;
    mkdirSync(database, { recursive: true });
    const start = npm('start');
    expect(await start.exitCode).toBe(1);
    expect(start.shown()).toContain('it holds the cells us-9');
    expect(running()).toEqual([]);
    expect(readdirSync(database)).toEqual([]);
    expect(existsSync(openHome(home).cell('eu-1').postgres)).toBe(false);
  });

  it('stops by itself when the npm above it is killed', async () => {
    const start = await startUp();
    process.kill(start.pid, 'SIGKILL');
    await vi.waitFor(() => expect(running()).toEqual([]), { timeout: 60_000, interval: 250 });
  });

  it('says so when its port is taken, starts nothing, and names another', async () => {
    const holder = createServer().listen(port, '127.0.0.1');
    const start = npm('start');
    expect(await start.exitCode).toBe(1);
    expect(start.shown()).toContain(`port ${port} is taken by another program`);
    expect(start.shown()).toContain(`CELLBOOK_EDGE_PORT=${port + 1} npm start`);
    expect(running()).toEqual([]);
    await new Promise((resolve) => holder.close(resolve));
  });

  it('refuses a second start on the same home and says where the first is', async () => {
    await startUp();
    const second = npm('start');
    expect(await second.exitCode).toBe(1);
    expect(second.shown()).toContain(`Cellbook is already up on ${home} at http://localhost:${port}`);
    expect(await callJson(`http://localhost:${port}`, { method: 'GET', path: '/healthz' })).toMatchObject({
      ok: true,
    });
    const stop = npm('stop');
    expect(await stop.exitCode).toBe(0);
    expect(running()).toEqual([]);
  });
});
