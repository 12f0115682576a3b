/** What `npm start` promises, tried as a person would: on a terminal, with Ctrl-C, kill -9 and a taken port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { freePort, isPortFree } from '@cellbook/shared/ports.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { callJson } from '../client/http.ts';
import { execute, jupyterClient } from '../client/jupyter.ts';
import { openHome } from '../up/home.ts';
import { killProgram, programOf } from '../up/processes/kill-program.ts';
import { ancestryOf, pidsWithEnvironment } from '../up/processes/proc.ts';
import { homeVariable } from '../up/processes/record.ts';
import { askStarter } from '../up/starter-lock.ts';
import { removeHome } from './remove-home.ts';
import { runInTerminal, type TerminalRun } from './terminal.ts';
import { newUser } from './user.ts';

let bystander: ChildProcess;
beforeEach(() => {
  bystander = spawn('sleep', ['1000'], { stdio: 'ignore' });
});
afterEach(() => {
  expect(bystander.exitCode, 'a program that was not ours has been stopped').toBeNull();
  bystander.kill();
});

/** A home and a port, for one test or for several that follow one another on what is there. */
class Machine {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), 'cellbook-start-')));
  readonly port: number;
  readonly #cells: string;

  /** One cell, but where a test is about all four: each cell costs a start its seconds. */
  constructor(port: number, cells = 'eu=eu-1') {
    this.port = port;
    this.#cells = cells;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  npm(...args: string[]): TerminalRun {
    return runInTerminal(args, {
      CELLBOOK_HOME: this.home,
      CELLBOOK_EDGE_PORT: String(this.port),
      CELLBOOK_CELLS: this.#cells,
      CELLBOOK_POOL: 'off',
      CELLBOOK_GPU: 'off',
    });
  }

  async startUp(): Promise<TerminalRun> {
    const start = this.npm('start');
    await start.shows(`Cellbook is up:  ${this.url}`, 240_000);
    return start;
  }

  running(): number[] {
    return pidsWithEnvironment(homeVariable, this.home);
  }

  pidOf(program: string): number {
    return programOf(openHome(this.home), program).pid;
  }

  /** The programs under one program, however deep. */
  childrenOf(pid: number): number[] {
    return this.running().filter((one) => one !== pid && ancestryOf(one).includes(pid));
  }

  healthz(): Promise<unknown> {
    return callJson(this.url, { method: 'GET', path: '/healthz' });
  }

  async remove(): Promise<void> {
    if (this.running().length > 0) await this.npm('stop').exitCode;
    removeHome(this.home);
  }
}

describe('npm start, again and again on the same home', () => {
  let machine: Machine;
  let start: TerminalRun;
  let user: Awaited<ReturnType<typeof newUser>>;
  let workspaceId: WorkspaceId;
  beforeAll(async () => {
    machine = new Machine(await freePort(), 'eu=eu-1,eu-2;us=us-1,us-2');
    start = await machine.startUp();
    user = await newUser(machine.url);
    workspaceId = (await user.createWorkspace('Kept')).id;
  });
  afterAll(() => machine.remove());

  it('replaces what a killed starter left running, and its data is there', async () => {
    const { home } = machine;
    const starter = await askStarter(home);
    if (!starter) throw new Error('nobody holds the home');
    process.kill(starter.pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await askStarter(home)).toBeNull(), { timeout: 10_000 });
    expect(machine.running().length).toBeGreaterThanOrEqual(4);
    start = await machine.startUp();
    expect(start.shown()).toContain('stopped what an earlier start left');
    expect(await user.workspaces.get(workspaceId)).toMatchObject({ id: workspaceId });
  });

  it('starts whatever is killed again, and says so', async () => {
    for (const program of ['cell-eu-1', 'host-eu-1-a', 'postgres-eu-1', 'redis-eu-1', 'edge']) {
      const { pid } = killProgram(openHome(machine.home), program);
      await start.shows(`✗ ${program} ended (SIGKILL) and is started again`, 60_000);
      await start.shows(`✓ ${program} is back`, 60_000);
      expect(machine.pidOf(program)).not.toBe(pid);
      const served = () => user.workspaces.get(workspaceId);
      await vi.waitFor(async () => expect(await served()).toMatchObject({ name: 'Kept' }), 60_000);
    }
  }, 300_000);

  it('then stops all it started on Ctrl-C, frees its port, and finds its data at the next start', async () => {
    const { url } = machine;
    for (const cell of ['eu-1', 'eu-2', 'us-1', 'us-2'])
      expect(machine.running()).toContain(machine.pidOf(`cell-${cell}`));
    const client = jupyterClient(url, workspaceId, user.token);
    const kernel = await client.kernels.startNew({ name: 'python3' });
    const code = `open('by-code.txt', 'w').write('written just before the end')`;
    expect((await execute(kernel, code)).status).toBe('ok');
    start.press('\x03');
    expect(await start.exitCode).toBe(0);
    expect(machine.running()).toEqual([]);
    expect(await isPortFree(machine.port)).toBe(true);

    start = await machine.startUp();
    // What ran when it was stopped was suspended, and nobody is told of a loss.
    const kept = { id: workspaceId, name: 'Kept', phase: 'suspended', problem: null };
    expect(await user.workspaces.get(workspaceId)).toMatchObject(kept);
    expect((await client.contents.get('by-code.txt')).content).toBe('written just before the end');
    client.dispose();
  }, 300_000);

  it('stops by itself when the npm above it is killed', async () => {
    process.kill(start.pid, 'SIGKILL');
    await vi.waitFor(() => expect(machine.running()).toEqual([]), { timeout: 60_000, interval: 250 });
  });
});

describe('npm start', () => {
  let machine: Machine;
  let start: TerminalRun;
  beforeAll(async () => {
    machine = new Machine(await freePort());
    start = await machine.startUp();
  });
  afterAll(() => machine.remove());

  it('refuses a second start on the same home and says where the first is', async () => {
    const second = machine.npm('start');
    expect(await second.exitCode).toBe(1);
    expect(second.shown()).toContain(`Cellbook is already up on ${machine.home} at ${machine.url}`);
    expect(await machine.healthz()).toMatchObject({ ok: true });
  });

  it('starts the edge again when its workerd is gone and wrangler is not', async () => {
    const wrangler = machine.pidOf('edge');
    for (const pid of machine.childrenOf(wrangler)) process.kill(pid, 'SIGKILL');
    await start.shows('✓ edge is back', 90_000);
    expect(machine.pidOf('edge')).not.toBe(wrangler);
    expect(await machine.healthz()).toMatchObject({ ok: true });
  });

  it('is stopped by npm stop from elsewhere', async () => {
    expect(await machine.npm('stop').exitCode).toBe(0);
    expect(machine.running()).toEqual([]);
  });
});

describe('npm start on what it cannot use', () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = new Machine(await freePort());
  });
  afterEach(() => machine.remove());

  it('refuses a home with a cell that is not named any more, and changes nothing', async () => {
    const home = openHome(machine.home);
    const database = home.cell('us-9').postgres;
    mkdirSync(database, { recursive: true });
    const start = machine.npm('start');
    expect(await start.exitCode).toBe(1);
    expect(start.shown()).toContain('it holds the cells us-9');
    expect(machine.running()).toEqual([]);
    expect(readdirSync(database)).toEqual([]);
    expect(existsSync(home.cell('eu-1').postgres)).toBe(false);
  });

  it('says so when its port is taken, starts nothing, and names another', async () => {
    const { port } = machine;
    const holder = createServer().listen(port, '127.0.0.1');
    const start = machine.npm('start');
    expect(await start.exitCode).toBe(1);
    expect(start.shown()).toContain(`port ${port} is taken by another program`);
    expect(start.shown()).toContain(`CELLBOOK_EDGE_PORT=${port + 1} npm start`);
    expect(machine.running()).toEqual([]);
    await new Promise((resolve) => holder.close(resolve));
  });
});
