/** The gateway on a real ipykernel in a real sandbox; what differs with the driver is in the drivers' own suite. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../sandbox/driver.ts';
import { Harness } from '../sandbox/testing/harness.ts';
import { splitBinary } from './frames/legacy-frame.ts';
import { readV1Frame } from './frames/v1-frame.ts';
import type { TestClient } from './testing/client.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

export function describeGateway(kind: 'gvisor' | 'process'): void {
  describe(`the gateway on ${kind} sandboxes`, () => {
    let harness: Harness;
    let server: TestServer;
    let home: { workspaceId: WorkspaceId; homeDirectory: string };
    let latest: Sandbox;
    const clients: TestClient[] = [];

    beforeAll(async () => {
      harness = await Harness.create(kind);
      home = await harness.spec();
      server = await startTestServer({
        workspaceId: home.workspaceId,
        async start(workspaceId, epoch) {
          const spec = { ...(await harness.spec({}, workspaceId)), epoch };
          latest = await harness.driver.start(spec, AbortSignal.timeout(60_000));
          return latest;
        },
        stop: (sandbox) => harness.driver.destroy(sandbox.id),
      });
    }, 120_000);
    afterEach(async () => {
      for (const client of clients.splice(0)) client.socket.terminate();
      for (const { id } of (await server.call('GET', '/api/kernels')).json)
        await server.call('DELETE', `/api/kernels/${id}`);
    });
    afterAll(async () => {
      await server?.close();
      await harness?.close();
    }, 60_000);

    const connect = async (kernelId: string, options: Parameters<TestServer['connect']>[1] = {}) => {
      const client = await server.connect(kernelId, options);
      clients.push(client);
      return client;
    };
    const start = async (options: Parameters<TestServer['connect']>[1] = {}) => {
      const kernelId = await server.startKernel();
      return { kernelId, client: await connect(kernelId, options) };
    };
    const connectionsOf = async (kernelId: string) =>
      (await server.call('GET', `/api/kernels/${kernelId}`)).json.connections;

    test('a cell is executed and its parts come in order: busy, input, output, result, reply, idle', async () => {
      const { client } = await start();
      const reply = await client.run('print("hello")\n6 * 7', 'cell');
      expect(reply).toMatchObject({ channel: 'shell', msgType: 'execute_reply', content: { status: 'ok' } });
      const iopub = client.messages.filter(
        ({ channel, parentId }) => channel === 'iopub' && parentId === 'cell',
      );
      expect(iopub.map(({ msgType }) => msgType)).toEqual([
        'status',
        'execute_input',
        'stream',
        'execute_result',
        'status',
      ]);
      expect(client.statuses('cell')).toEqual(['busy', 'idle']);
    });

    test('the older framing carries the same, and buffers both ways', async () => {
      const { kernelId, client: legacy } = await start({ isLegacy: true });
      const modern = await connect(kernelId);
      const code = [
        'from ipykernel.comm import Comm',
        'def opened(comm, message):',
        '    comm.send({"got": [bytes(b).decode() for b in message["buffers"]]}, buffers=[b"from", b"kernel"])',
        'get_ipython().kernel.comm_manager.register_target("echo", opened)',
      ].join('\n');
      await legacy.run(code, 'register');
      for (const client of [legacy, modern]) {
        const buffers = [Buffer.from('to'), Buffer.from('kernel')];
        const content = { comm_id: `comm-${client.isLegacy}`, target_name: 'echo', data: {} };
        client.send({ msgType: 'comm_open', msgId: `open-${client.isLegacy}`, content, buffers });
        const answer = await client.find(
          ({ msgType, parentId }) => msgType === 'comm_msg' && parentId === `open-${client.isLegacy}`,
        );
        expect(answer.content.data).toEqual({ got: ['to', 'kernel'] });
        const index = client.messages.indexOf(answer);
        const { data, isBinary } = client.raw[index]!;
        expect(isBinary).toBe(true);
        const received = client.isLegacy ? splitBinary(data).slice(1) : readV1Frame(data).parts.slice(4);
        expect(received.map(String)).toEqual(['from', 'kernel']);
      }
    });

    test('an input request goes to the client that asked, and its answer to the kernel', async () => {
      const { kernelId, client } = await start({ sessionId: 'asker' });
      const other = await connect(kernelId, { sessionId: 'other' });
      client.execute('print("you said " + input("name? "))', 'ask');
      const request = await client.find(({ msgType }) => msgType === 'input_request');
      expect(request).toMatchObject({ channel: 'stdin', content: { prompt: 'name? ' } });
      client.send({ channel: 'stdin', msgType: 'input_reply', content: { value: 'Ada' } });
      await client.until(() => client.texts.includes('you said Ada'));
      await other.until(() => other.texts.includes('you said Ada'));
      expect(other.messages.map(({ msgType }) => msgType)).not.toContain('input_request');
    });

    test('an interrupt ends the running cell and the kernel goes on', async () => {
      const { kernelId, client } = await start();
      client.execute('import time\nprint("begun")\ntime.sleep(600)', 'slow');
      await client.until(() => client.texts.includes('begun'));
      expect(server.gateway.listener.isBusy(home.workspaceId)).toBe(true);
      expect((await server.call('POST', `/api/kernels/${kernelId}/interrupt`)).status).toBe(204);
      expect((await client.reply('slow')).content).toMatchObject({
        status: 'error',
        ename: 'KeyboardInterrupt',
      });
      expect((await client.run('1', 'next')).content.status).toBe('ok');
      expect(server.gateway.listener.isBusy(home.workspaceId)).toBe(false);
    });

    test('a restart keeps the id and loses the variables, in the middle of a cell too', async () => {
      const { kernelId, client } = await start();
      await client.run('x = 1', 'set');
      client.execute('import time\ntime.sleep(600)', 'slow');
      await client.until(() => client.statuses('slow').includes('busy'));
      const { status, json } = await server.call('POST', `/api/kernels/${kernelId}/restart`);
      expect({ status, id: json.id }).toEqual({ status: 200, id: kernelId });
      expect((await client.reply('slow')).content.status).toBe('aborted');
      expect((await client.run('x', 'get')).content).toMatchObject({ ename: 'NameError' });
    });

    test('two clients see each other’s outputs, and each its own replies', async () => {
      const { kernelId, client: one } = await start({ sessionId: 'one' });
      const two = await connect(kernelId, { sessionId: 'two' });
      await Promise.all([one.run('print("from one")', 'cell-1'), two.run('print("from two")', 'cell-2')]);
      for (const client of [one, two])
        await client.until(() => /from one/.test(client.texts) && /from two/.test(client.texts));
      expect(
        one.messages.filter(({ msgType }) => msgType === 'execute_reply').map(({ parentId }) => parentId),
      ).toEqual(['cell-1']);
      expect(
        two.messages.filter(({ msgType }) => msgType === 'execute_reply').map(({ parentId }) => parentId),
      ).toEqual(['cell-2']);
    });

    test('a client that reconnects while its cell runs has every line once, in order', async () => {
      const { kernelId, client: first } = await start({ sessionId: 'tab' });
      first.execute(
        'import time\nfor i in range(40):\n    print(i, flush=True)\n    time.sleep(0.05)',
        'loop',
      );
      await first.until(() => first.texts.includes('5\n'));
      await first.close(1001);
      await expect.poll(() => connectionsOf(kernelId)).toBe(0);
      const second = await connect(kernelId, { sessionId: 'tab' });
      await second.until(() => second.statuses('loop').includes('idle'));
      expect(first.texts + second.texts).toBe(Array.from({ length: 40 }, (_, line) => `${line}\n`).join(''));
      expect((await second.reply('loop')).content.status).toBe('ok');
    });

    test('the outputs of a tab that is gone are in the notebook, every line once and in order', async () => {
      const cell = { cell_type: 'code', id: 'c1', source: 'x', outputs: [], execution_count: null };
      server.notebooks.set('a.ipynb', { cells: [cell], nbformat: 4, nbformat_minor: 5 });
      const kernel = { name: 'python3' };
      const { json } = await server.call('POST', '/api/sessions', {
        path: 'a.ipynb',
        type: 'notebook',
        kernel,
      });
      const tab = await connect(json.kernel.id, { sessionId: 'reloaded' });
      const code = 'import time\nfor i in range(30):\n    print(i, flush=True)\n    time.sleep(0.05)\n"end"';
      tab.execute(code, 'loop', { cellId: 'c1' });
      await tab.until(() => tab.texts.includes('3\n'));
      await tab.close(1001);
      const saved = () => server.notebooks.get('a.ipynb')!.cells as Array<Record<string, unknown>>;
      await expect.poll(() => JSON.stringify(saved()[0]!.outputs), { timeout: 20_000 }).toContain("'end'");
      expect(saved()[0]).toMatchObject({
        execution_count: 1,
        outputs: [
          {
            output_type: 'stream',
            name: 'stdout',
            text: Array.from({ length: 30 }, (_, line) => `${line}\n`),
          },
          { output_type: 'execute_result', execution_count: 1, data: { 'text/plain': "'end'" } },
        ],
      });
    });

    test('a socket parked through a suspend stays open and its next cell runs in a new sandbox', async () => {
      const { kernelId, client } = await start({ sessionId: 'tab' });
      await client.run('open("kept.txt", "w").write("kept"); x = 1', 'write');
      const before = latest;
      await server.runtime.suspend();
      client.send({ msgType: 'kernel_info_request', msgId: 'info' });
      expect((await client.reply('info')).content).toMatchObject({ status: 'ok', implementation: 'ipython' });
      expect(server.runtime.current(home.workspaceId)).toBeNull();
      await client.run('print(open("kept.txt").read(), "x" in globals())', 'read');
      expect(client.texts).toContain('kept False');
      expect(latest).not.toBe(before);
      expect(client.closed).toBeNull();
      expect((await server.call('GET', '/api/kernels')).json).toMatchObject([
        { id: kernelId, execution_state: 'idle' },
      ]);
    });

    test('an endless loop of prints is cut visibly, and can be interrupted at once', async () => {
      const { kernelId, client } = await start();
      client.execute('while True:\n    print("x" * 1000)', 'loop');
      // A fast kernel fills one message beyond any limit, a slower one sends many: either is cut and said.
      const isToldOfTheCut = () => /comes faster|the rest of an output is not shown/.test(client.texts);
      await client.until(isToldOfTheCut);
      expect((await server.call('POST', `/api/kernels/${kernelId}/interrupt`)).status).toBe(204);
      expect((await client.reply('loop')).content.status).toBe('error');
      await client.until(() => client.statuses('loop').includes('idle'));
      expect(client.texts).toMatch(
        /\d+ output messages .* were (not shown|dropped)|[\d.]+ MB is over the limit/,
      );
      expect(client.raw.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThan(64 * 1024 * 1024);
      expect((await client.run('print("fine")', 'next')).content.status).toBe('ok');
    });

    test('out of memory is shown in the cell by name with the limit; a sibling kernel lives', async () => {
      const { kernelId, client } = await start();
      const sibling = await start();
      await sibling.client.run('y = 5', 'set');
      // As data usually grows; how fast a sandbox may be overrun is the drivers' own suite's matter.
      const grow = 'import time\nx = []\nwhile True:\n    x.append(b"x" * (8 << 20))\n    time.sleep(0.02)';
      client.execute(grow, 'big');
      const shown = await client.find(({ msgType, parentId }) => msgType === 'error' && parentId === 'big');
      expect(shown.content.ename).toMatch(/OutOfMemory|MemoryError/);
      if (shown.content.ename === 'OutOfMemory') {
        expect(shown.content.evalue).toContain('512 MiB');
        expect((await server.call('GET', `/api/kernels/${kernelId}`)).json.reason).toContain('Out of memory');
      }
      expect((await client.run('print("again")', 'next')).content.status).toBe('ok');
      expect((await sibling.client.run('y', 'get')).content.status).toBe('ok');
    });

    test('a kernel that ends itself says so in the cell and runs again under its id', async () => {
      const { kernelId, client } = await start();
      client.execute('import os\nos._exit(3)', 'exit');
      const shown = await client.find(({ msgType, parentId }) => msgType === 'error' && parentId === 'exit');
      expect(shown.content).toMatchObject({ ename: 'KernelDied' });
      expect(shown.content.evalue).toContain('code 3');
      expect((await client.run('1', 'next')).content.status).toBe('ok');
      expect((await server.call('GET', `/api/kernels/${kernelId}`)).json).toMatchObject({
        id: kernelId,
        execution_state: 'idle',
      });
    });

    test('an unknown kind of message and garbage disturb nothing', async () => {
      const { client } = await start();
      client.send({ msgType: 'no_such_request', msgId: 'new' });
      client.socket.send(Buffer.from('garbage'));
      expect((await client.find(({ msgType }) => msgType === 'error')).content.ename).toBe('malformed_frame');
      expect((await client.run('1', 'next')).content.status).toBe('ok');
    });

    test('a message of many megabytes passes both ways', async () => {
      const { client } = await start();
      const text = 'x'.repeat(8 * 1024 * 1024);
      await client.run(
        `s = ${JSON.stringify(text)}\nfrom IPython.display import display\ndisplay({"text/plain": s}, raw=True)`,
        'big',
      );
      const shown = await client.find(({ msgType }) => msgType === 'display_data');
      expect(JSON.stringify(shown.content.data).length).toBeGreaterThan(text.length);
    });

    test('a notebook is converted inside the sandbox, or refused with what is missing', async () => {
      const content = {
        cells: [{ cell_type: 'markdown', id: 'a', metadata: {}, source: '# Hello' }],
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5,
      };
      const { status, text, json } = await server.call('POST', '/nbconvert/html', {
        name: 'a.ipynb',
        content,
      });
      if (status === 200) expect(text).toContain('Hello');
      else
        expect({ status, problem: json.reason }).toMatchObject({
          status: 400,
          problem: expect.stringContaining('nbconvert'),
        });
      expect((await server.call('GET', '/nbconvert/html/nothing.ipynb')).json?.code).toMatch(
        /not_found|malformed_notebook/,
      );
    });
  });
}
