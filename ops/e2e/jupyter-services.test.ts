/** JupyterLab's own client library drives a workspace through the edge, the cell and gVisor. */
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { execute, type JupyterClient, jupyterClient } from '../client/jupyter.ts';
import { createToken, revokeToken } from '../client/sign-in.ts';
import { runInTerminal } from '../demo/terminal.ts';
import { boards, expressionsOf } from '../monitoring/all-boards.ts';
import { alerts, recordings } from '../monitoring/all-rules.ts';
import { startPrometheus } from '../monitoring/prove/prometheus.ts';
import { targetsOf } from '../monitoring/targets.ts';
import { readMetrics, scrape, targetLabels, unsaid } from '../monitoring/testing/scrape.ts';
import { programOf } from '../up/processes/kill-program.ts';
import { useTestPlatform } from './test-platform.ts';
import { newUser, type TestUser } from './user.ts';

const platform = useTestPlatform();
let user: TestUser;
let workspaceId: WorkspaceId;
let jupyter: JupyterClient;

beforeAll(async () => {
  // The library tells each socket it opens.
  console.debug = () => undefined;
  const { url } = platform();
  user = await newUser(url);
  workspaceId = (await user.createWorkspace()).id;
  jupyter = jupyterClient(url, workspaceId, user.token);
});
afterAll(() => jupyter?.dispose());

const notebookSession = (path: string) =>
  jupyter.sessions.startNew({ path, name: path, type: 'notebook', kernel: { name: 'python3' } });

describe('kernels', () => {
  it('run code and report results, streams and errors', async () => {
    const kernel = await jupyter.kernels.startNew({ name: 'python3' });
    expect(await execute(kernel, 'import sys; print("out"); print("err", file=sys.stderr); 6 * 7')).toEqual({
      status: 'ok',
      text: expect.stringMatching(/^(out\nerr\n|err\nout\n)$/),
      value: '42',
    });
    expect(await execute(kernel, '1 / 0')).toMatchObject({
      status: 'error',
      text: 'ZeroDivisionError: division by zero',
    });
    await kernel.shutdown();
  });

  it('are interrupted and restarted under the same id', async () => {
    const kernel = await jupyter.kernels.startNew({ name: 'python3' });
    await execute(kernel, 'kept = 1');
    const endless = kernel.requestExecute({
      code: 'import time\nprint("started")\nwhile True: time.sleep(0.01)',
    });
    const said: string[] = [];
    endless.onIOPub = ({ header }) => void said.push(header.msg_type);
    // Its own word, and not the client's status: that may still be the busy of the cell before, and a kernel ignores
    // an interrupt that overtakes the code it is meant for.
    await vi.waitFor(() => expect(said).toContain('stream'), { timeout: 30_000 });
    expect(kernel.status).toBe('busy');
    await kernel.interrupt();
    expect((await endless.done).content).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
    const { id } = kernel;
    await kernel.restart();
    expect(kernel.id).toBe(id);
    expect((await execute(kernel, '"kept" in globals()')).value).toBe('False');
    await kernel.shutdown();
    await jupyter.kernels.refreshRunning();
    expect([...jupyter.kernels.running()].map((model) => model.id)).not.toContain(id);
  });

  it('complete and inspect', async () => {
    const kernel = await jupyter.kernels.startNew({ name: 'python3' });
    const completion = await kernel.requestComplete({ code: 'import os; os.getcw', cursor_pos: 19 });
    expect(completion.content).toMatchObject({
      status: 'ok',
      matches: expect.arrayContaining(['getcwd']),
    });
    const inspection = await kernel.requestInspect({ code: 'len', cursor_pos: 3, detail_level: 0 });
    expect(inspection.content).toMatchObject({ status: 'ok', found: true });
    await kernel.shutdown();
  });
});

describe('sessions', () => {
  it('tie a notebook to a kernel, are found by path, renamed and shut down', async () => {
    const session = await notebookSession('sessions.ipynb');
    expect(await jupyter.sessions.findByPath('sessions.ipynb')).toMatchObject({ id: session.id });
    await session.setPath('renamed.ipynb');
    // The manager answers from what it last listed.
    await jupyter.sessions.refreshRunning();
    expect(await jupyter.sessions.findById(session.id)).toMatchObject({ path: 'renamed.ipynb' });
    await session.shutdown();
    await jupyter.sessions.refreshRunning();
    expect([...jupyter.sessions.running()].map((model) => model.id)).not.toContain(session.id);
  });
});

describe('contents', () => {
  it('save, list, rename, copy, checkpoint and delete', async () => {
    const { contents } = jupyter;
    await contents.save('first.txt', { type: 'file', format: 'text', content: 'one' });
    const checkpoint = await contents.createCheckpoint('first.txt');
    await contents.save('first.txt', { type: 'file', format: 'text', content: 'two' });
    await contents.restoreCheckpoint('first.txt', checkpoint.id);
    expect((await contents.get('first.txt')).content).toBe('one');
    await contents.rename('first.txt', 'second.txt');
    const copy = await contents.copy('second.txt', '');
    expect((await contents.get('')).content.map((model: { name: string }) => model.name)).toEqual(
      expect.arrayContaining(['second.txt', copy.name]),
    );
    await contents.delete('second.txt');
    await expect(contents.get('second.txt')).rejects.toMatchObject({ response: { status: 404 } });
  });

  it('are the files that code sees, and the other way round', async () => {
    const kernel = await jupyter.kernels.startNew({ name: 'python3' });
    await jupyter.contents.save('from-client.txt', {
      type: 'file',
      format: 'text',
      content: 'by the client',
    });
    expect((await execute(kernel, 'print(open("from-client.txt").read(), end="")')).text).toBe(
      'by the client',
    );
    await execute(kernel, 'with open("from-code.txt", "w") as f: f.write("by code")');
    expect((await jupyter.contents.get('from-code.txt')).content).toBe('by code');
    await kernel.shutdown();
  });
});

describe('terminals', () => {
  it('run a shell in the workspace and are listed until shut down', async () => {
    const said = await runInTerminal(jupyter.terminals, 'echo "$(id -u)-$((40 + 2))"', '1000-42');
    expect(said).toContain('1000-42');
    await jupyter.terminals.refreshRunning();
    expect([...jupyter.terminals.running()]).toEqual([]);
  });
});

const kernelInfoRequest = {
  ...{ channel: 'shell', parent_header: {}, metadata: {}, content: {}, buffers: [] },
  header: {
    msg_id: 'info',
    msg_type: 'kernel_info_request',
    session: 'leaked',
    username: '',
    version: '5.3',
  },
};

describe('a key that is revoked', () => {
  it('ends the sockets that were opened with it within a minute, and no others; its kernel goes on', async () => {
    const { url } = platform();
    const kernel = await jupyter.kernels.startNew({ name: 'python3' });
    await execute(kernel, 'kept = 6 * 7');
    const key = await createToken(url, user.cookie, { name: 'leaked' });
    const stranger = await newUser(url);
    const elsewhere = (await stranger.createWorkspace()).id;
    const open = (workspace: string, path: string, token: string) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/w/${workspace}${path}?token=${token}`);
      const closed = new Promise<number>((resolve) => {
        socket.onclose = ({ code }) => resolve(code);
      });
      const opened = new Promise((resolve) => {
        socket.onopen = resolve;
      });
      return { socket, closed, opened };
    };
    const channels = `/api/kernels/${kernel.id}/channels`;
    const leaked = open(workspaceId, channels, key.token);
    // One that has never said a word is told to end, too; when its connection ends is the runtime's own affair.
    const listens = open(workspaceId, '/api/events/subscribe', key.token);
    const others = [
      open(workspaceId, channels, user.token),
      open(elsewhere, '/api/events/subscribe', stranger.token),
    ];
    await Promise.all([leaked, listens, ...others].map(({ opened }) => opened));
    // As every client of a kernel does first.
    leaked.socket.send(JSON.stringify(kernelInfoRequest));
    await revokeToken(url, user.cookie, key.id);
    const tooLate = new Promise((_, reject) => {
      AbortSignal.timeout(60_000).onabort = () => reject(new Error('it is open after a minute'));
    });
    expect(await Promise.race([leaked.closed, tooLate])).toBe(1012);
    const isEnding = () => listens.socket.readyState >= WebSocket.CLOSING;
    await expect.poll(isEnding, { timeout: 60_000 }).toBe(true);
    // Who comes back with it is told why by the ordinary way.
    const again = await fetch(`${url}/w/${workspaceId}/api/kernels?token=${key.token}`);
    expect(again.status).toBe(401);
    expect(others.map(({ socket }) => socket.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    expect((await execute(kernel, 'kept')).value).toBe('42');
    for (const { socket } of others) socket.close();
    await kernel.shutdown();
  });
});

describe('a suspend', () => {
  it('keeps files and kernel ids; the open client runs its next cell without doing anything about it', async () => {
    const session = await notebookSession('suspended.ipynb');
    const { kernel } = session;
    if (!kernel) throw new Error('the session has no kernel');
    const kernelId = kernel.id;
    await execute(kernel, 'with open("before.txt", "w") as f: f.write("before the suspend")');
    await user.workspaces.suspend(workspaceId);
    await user.workspaces.reaches(workspaceId, 'suspended');

    expect((await jupyter.contents.get('before.txt')).content).toBe('before the suspend');
    await jupyter.kernels.refreshRunning();
    expect([...jupyter.kernels.running()].map((model) => model.id)).toContain(kernelId);
    expect((await user.workspaces.get(workspaceId)).phase).toBe('suspended');

    expect(await execute(kernel, 'print(open("before.txt").read(), end="")')).toMatchObject({
      status: 'ok',
      text: 'before the suspend',
    });
    expect(kernel.id).toBe(kernelId);
    expect((await user.workspaces.get(workspaceId)).phase).toBe('running');
    await session.shutdown();
  });
});

describe('metrics', () => {
  it('every one that an alert or a dashboard names is said by a program, with the labels it is chosen by', async () => {
    const { home, url, cells } = platform();
    const targets = targetsOf(home, cells, Number(new URL(url).port));
    expect(new Set(targets.map(({ job }) => job))).toEqual(
      new Set(['cellbook-edge', 'cellbook-cell', 'cellbook-host']),
    );
    const scraped = readMetrics(await Promise.all(targets.map(scrape)));
    const named = [...alerts, ...recordings].map(({ expr }) => expr).concat(boards.flatMap(expressionsOf));
    expect(unsaid(named, scraped, targetLabels)).toEqual([]);
    // What was done above is there to be counted.
    expect(scraped.get('cellbook_cell_resume_seconds')).toContain('rung');
  });

  it('raise an alert when their cause is made, by the word of a real Prometheus: a host that does not answer', async () => {
    const { home, url, cells } = platform();
    const targets = targetsOf(home, cells, Number(new URL(url).port));
    const directory = join(home.directory, 'prometheus');
    const prometheus = await startPrometheus(targets, { directory, clock: systemClock });
    const { pid } = programOf(home, 'host-eu-1-a');
    try {
      const firing = async () => [...(await prometheus.firing())];
      expect(await firing()).not.toContain('ProgramDown');
      process.kill(pid, 'SIGSTOP');
      await expect.poll(firing, { timeout: 90_000, interval: 500 }).toContain('ProgramDown');
      process.kill(pid, 'SIGCONT');
      await expect.poll(firing, { timeout: 90_000, interval: 500 }).not.toContain('ProgramDown');
    } finally {
      process.kill(pid, 'SIGCONT');
      await prometheus.stop();
    }
  }, 240_000);
});
