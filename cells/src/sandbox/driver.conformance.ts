/** What every driver that starts real kernels must do. Called by each driver's own test file. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newKernelId, newSandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from './driver.ts';
import type { KernelExit, KernelState } from './link/supervisor-link.ts';
import { eventually, Harness, shutDownKernels, startKernel } from './testing/harness.ts';
import { type KernelClient, textOf } from './testing/kernel-client.ts';

export function describeDriver(kind: 'gvisor' | 'process'): void {
  describe(`${kind} sandboxes`, { timeout: 120_000 }, () => {
    let harness: Harness;
    let sandbox: Sandbox;
    let home: string;
    beforeAll(async () => {
      harness = await Harness.create(kind);
      const spec = await harness.spec();
      home = spec.homeDirectory;
      sandbox = await harness.driver.start(spec, new AbortController().signal);
    }, 120_000);
    afterEach(() => shutDownKernels(sandbox.link));
    afterAll(() => harness.close(), 60_000);

    it('say HELLO with what they speak and run', () => {
      expect(sandbox.link.hello).toMatchObject({
        protoMin: 1,
        protoMax: 2,
        ipykernel: expect.stringMatching(/^\d/),
      });
    });

    it('list their kernelspecs and the files beside them', async () => {
      const { python3 } = await sandbox.link.listKernelspecs();
      expect(python3).toMatchObject({
        name: 'python3',
        spec: { language: 'python' },
        resources: expect.arrayContaining(['logo-64x64.png']),
      });
      const logo = await sandbox.link.readKernelspecResource('python3', 'logo-64x64.png');
      expect(logo.subarray(1, 4).toString()).toBe('PNG');
      await expect(sandbox.link.readKernelspecResource('python3', '../../etc/passwd')).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('say to who takes them over what runs, and how much input of each has come and been taken', async () => {
      const { kernelId, client } = await startKernel(sandbox.link);
      await client.run('1');
      await sandbox.link.openTerminal({ name: 't', columns: 80, rows: 24, directory: '' });
      sandbox.link.writeTerminal('t', Buffer.from('x'));
      const { kernels, terminals } = await sandbox.link.takeOver();
      const kernel = kernels.find((found) => found.kernelId === kernelId);
      expect(kernel).toMatchObject({ state: 'idle', receivedBytes: expect.any(Number) });
      expect(kernel?.receivedBytes).toBeGreaterThan(0);
      expect(kernel?.acceptedBytes).toBeLessThanOrEqual(kernel?.receivedBytes ?? 0);
      expect(terminals).toEqual([expect.objectContaining({ name: 't', receivedBytes: 1 })]);
      await sandbox.link.closeTerminal('t');
      expect((await sandbox.link.takeOver()).terminals).toEqual([]);
    });

    it('execute, in order, with a sequence number for each message', async () => {
      const { client, info } = await startKernel(sandbox.link);
      expect(info).toMatchObject({ status: 'ok', implementation: 'ipython' });
      const { own, result, reply } = await client.run('for i in range(200): print(i)\n6 * 7');
      expect(textOf(own)).toBe(Array.from({ length: 200 }, (_, i) => `${i}\n`).join(''));
      expect(result).toBe('42');
      expect(reply.status).toBe('ok');
      const seqs = client.messages.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
    });

    it('carry input requests and their answers', async () => {
      const { client } = await startKernel(sandbox.link);
      const id = client.execute('input("name? ")', true);
      const asked = await client.until((m) => m.type === 'input_request' && m.parentId === id);
      expect(asked.channel).toBe('stdin');
      client.send('stdin', 'input_reply', { value: 'Ada' });
      const answer = await client.until((m) => m.type === 'execute_result' && m.parentId === id);
      expect(answer.content.data).toMatchObject({ 'text/plain': "'Ada'" });
    });

    it('show what forked children and their commands print', async () => {
      const { client } = await startKernel(sandbox.link);
      const code =
        'import multiprocessing as m, os, sys\np = m.get_context("fork").Process(target=lambda: print("from the child", flush=True)); p.start(); p.join()\nos.system("echo from the shell")';
      const { id } = await client.run(code);
      const said = () => textOf(client.messages.filter((m) => m.parentId === id));
      await eventually(() => said().includes('from the child') && said().includes('from the shell'));
    });

    it('give secrets to kernels and terminals that start from then on, and forget what is named no more', async () => {
      const show = 'import os; print(os.environ.get("A_SECRET"), os.environ.get("ANOTHER"))';
      const printed = async (client: KernelClient) => textOf((await client.run(show)).own);
      const before = await startKernel(sandbox.link);
      await sandbox.link.setEnvironment({ A_SECRET: 'one =\n é🦄', ANOTHER: 'two' });
      const after = await startKernel(sandbox.link);
      expect(await printed(after.client)).toBe('one =\n é🦄 two\n');
      expect(await printed(before.client)).toBe('None None\n');

      let shown = '';
      const stop = sandbox.link.on('terminalOutput', (_name, data) => {
        shown += data.toString();
      });
      await sandbox.link.openTerminal({ name: 'secrets', columns: 80, rows: 24, directory: '' });
      sandbox.link.writeTerminal('secrets', Buffer.from('echo "<$ANOTHER>"\n'));
      await eventually(() => shown.includes('<two>'));
      await sandbox.link.closeTerminal('secrets');
      stop();

      await expect(sandbox.link.setEnvironment({ BAD: 'zero \0 byte' })).rejects.toSatisfy(
        (error: unknown) => error instanceof Error && !error.message.includes('zero \0'),
      );
      await sandbox.link.setEnvironment({});
      const cleared = await startKernel(sandbox.link);
      expect(await printed(cleared.client)).toBe('None None\n');
    });

    it('interrupt a kernel, and only it', async () => {
      const first = await startKernel(sandbox.link);
      const second = await startKernel(sandbox.link);
      const slow = first.client.execute('import time\nprint("begun")\ntime.sleep(600)');
      const untouched = second.client.execute('import time\ntime.sleep(1)\n"done"');
      await first.client.until((m) => m.type === 'stream' && m.parentId === slow);
      await sandbox.link.interruptKernel(first.kernelId);
      const error = await first.client.until((m) => m.type === 'error' && m.parentId === slow);
      expect(error.content.ename).toBe('KeyboardInterrupt');
      const other = await second.client.until((m) => m.type === 'execute_reply' && m.parentId === untouched);
      expect(other.content.status).toBe('ok');
    });

    it('restart a kernel under its id: variables gone, states told, sequence going on', async () => {
      const { kernelId, client } = await startKernel(sandbox.link);
      await client.run('x = 1');
      const states: KernelState[] = [];
      const off = sandbox.link.on('kernelState', (id, state) => void (id === kernelId && states.push(state)));
      const before = Math.max(...client.messages.map(({ seq }) => seq));
      expect(await sandbox.link.restartKernel(kernelId)).toMatchObject({ status: 'ok' });
      const { own } = await client.run('x');
      expect(own.find(({ type }) => type === 'error')?.content.ename).toBe('NameError');
      expect(Math.min(...own.map(({ seq }) => seq))).toBeGreaterThan(before);
      expect(states[0]).toBe('restarting');
      expect(states).toContain('idle');
      expect(states).not.toContain('dead');
      off();
    });

    it('shut a kernel down with everything it started, and leave its siblings', async () => {
      const doomed = await startKernel(sandbox.link);
      const sibling = await startKernel(sandbox.link);
      const { result } = await doomed.client.run('import subprocess\nsubprocess.Popen(["sleep", "987"]).pid');
      expect(Number(result)).toBeGreaterThan(1);
      const exits: Array<KernelExit | undefined> = [];
      sandbox.link.on('kernelState', (id, _, exit) => void (id === doomed.kernelId && exits.push(exit)));
      await sandbox.link.shutdownKernel(doomed.kernelId);
      expect(exits.at(-1)).toEqual({ reason: 'shutdown' });
      const { stdout } = await sandbox.link.run({
        argv: ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'],
        directory: '',
        timeoutMs: 10_000,
        outputBytesMax: 1e6,
      });
      expect(stdout.toString()).not.toContain('sleep 987');
      expect((await sibling.client.run('1 + 1')).result).toBe('2');
      expect(() => sandbox.link.sendKernelMessage(doomed.kernelId, Buffer.alloc(0))).toThrow(
        /none of this name/,
      );
    });

    it('tell how a kernel died, and restart it from there', async () => {
      const { kernelId, client } = await startKernel(sandbox.link);
      const exits: Array<KernelExit | undefined> = [];
      sandbox.link.on(
        'kernelState',
        (id, state, exit) => void (id === kernelId && state === 'dead' && exits.push(exit)),
      );
      client.execute('import os\nos._exit(7)');
      await eventually(() => exits.length > 0);
      expect(exits[0]).toEqual({ reason: 'exited', exitCode: 7, signal: null });
      await expect(sandbox.link.interruptKernel(kernelId)).rejects.toMatchObject({ code: 'conflict' });
      await sandbox.link.restartKernel(kernelId);
      expect((await client.run('"back"')).result).toBe("'back'");
    });

    it('refuse what they do not know with typed errors', async () => {
      const unknown = {
        kernelId: newKernelId(systemRandom),
        kernelspec: 'cobol',
        directory: '',
        environment: {},
      };
      await expect(sandbox.link.startKernel(unknown)).rejects.toMatchObject({ code: 'unknown_kernelspec' });
      await expect(sandbox.link.restartKernel(newKernelId(systemRandom))).rejects.toMatchObject({
        code: 'not_found',
      });
      const { kernelId } = await startKernel(sandbox.link);
      expect(() => sandbox.link.sendKernelMessage(kernelId, Buffer.from('nonsense'))).toThrow(
        expect.objectContaining({ code: 'malformed_frame' }),
      );
      await expect(
        sandbox.link.startKernel({ ...unknown, kernelId, kernelspec: 'python3' }),
      ).rejects.toMatchObject({ code: 'already_exists' });
    });

    it('answer with a typed refusal when a message is over the limit, and go on', async () => {
      const { client } = await startKernel(sandbox.link);
      const { own } = await client.run(
        'from IPython.display import display\ndisplay({"text/plain": "x" * (33 * 2**20)}, raw=True)\n1',
      );
      expect(textOf(own)).toContain('too_large');
      expect((await client.run('2')).result).toBe('2');
    });

    it('show the beginning of printed text that is over the limit in one message', async () => {
      const { client } = await startKernel(sandbox.link);
      const { own } = await client.run('print("begin" + "x" * (33 * 2**20))\n1');
      const text = textOf(own);
      expect(text).toMatch(/^beginx{1000}/);
      expect(text).toContain('too_large: the rest of an output is not shown');
      expect(text.length).toBeLessThan(2 * limits.supervisor.cutStreamChars);
    });

    it('give terminals whose shells keep their variables, resize and end', async () => {
      const output: string[] = [];
      const exits: string[] = [];
      sandbox.link.on('terminalOutput', (name, data) => void (name === 't1' && output.push(data.toString())));
      sandbox.link.on('terminalExit', (name) => void exits.push(name));
      await sandbox.link.openTerminal({ name: 't1', columns: 80, rows: 24, directory: '' });
      sandbox.link.writeTerminal('t1', Buffer.from('KEPT=yes; stty size\n'));
      await eventually(() => output.join('').includes('24 80'));
      sandbox.link.resizeTerminal('t1', 120, 40);
      sandbox.link.writeTerminal('t1', Buffer.from('echo [$KEPT]; stty size\n'));
      await eventually(() => output.join('').includes('[yes]') && output.join('').includes('40 120'));
      await sandbox.link.openTerminal({ name: 't2', columns: 80, rows: 24, directory: '' });
      sandbox.link.writeTerminal('t1', Buffer.from('exit\n'));
      await eventually(() => exits.includes('t1'));
      await sandbox.link.closeTerminal('t2');
      await eventually(() => exits.includes('t2'));
      await sandbox.link.closeTerminal('t2');
    });

    it('tell the program in front of a terminal that it was resized', async () => {
      let output = '';
      sandbox.link.on('terminalOutput', (name, data) => {
        if (name === 'winch') output += data.toString();
      });
      await sandbox.link.openTerminal({ name: 'winch', columns: 80, rows: 24, directory: '' });
      const program =
        "import signal, time, os; signal.signal(signal.SIGWINCH, lambda *_: print('saw', *os.get_terminal_size(), flush=True)); print('list' + 'ening', flush=True); time.sleep(600)";
      sandbox.link.writeTerminal('winch', Buffer.from(`python3 -c "${program}"\n`));
      await eventually(() => output.includes('listening'));
      sandbox.link.resizeTerminal('winch', 120, 40);
      await eventually(() => output.includes('saw 120 40'));
      await sandbox.link.closeTerminal('winch');
    });

    it('end with a terminal what of its session has lost its parents; a shell that exits leaves it', async () => {
      const command = { directory: '', timeoutMs: 10_000, outputBytesMax: 4_096 };
      const running = async () => {
        const find = 'grep -la "sleep.[4]711" /proc/[0-9]*/cmdline | cut -d/ -f3';
        const { stdout } = await sandbox.link.run({ ...command, argv: ['sh', '-c', find] });
        return stdout.toString().split('\n').filter(Boolean);
      };
      await sandbox.link.openTerminal({ name: 'closed', columns: 80, rows: 24, directory: '' });
      sandbox.link.writeTerminal('closed', Buffer.from('(sleep 4711 &)\n'));
      await eventually(async () => (await running()).length === 1);
      await sandbox.link.closeTerminal('closed');
      await eventually(async () => (await running()).length === 0);
      const exited = new Promise<string>((resolve) => void sandbox.link.on('terminalExit', resolve));
      await sandbox.link.openTerminal({ name: 'exited', columns: 80, rows: 24, directory: '' });
      sandbox.link.writeTerminal('exited', Buffer.from('(nohup sleep 4711 &); sleep 0.2; exit\n'));
      await exited;
      const left = await running();
      expect(left).toHaveLength(1);
      await sandbox.link.run({ ...command, argv: ['kill', ...left] });
    }, 60_000);

    it('end a terminal whose shell left a job behind that prints without end', async () => {
      const ended = new Promise<string>((resolve) => void sandbox.link.on('terminalExit', resolve));
      await sandbox.link.openTerminal({ name: 'left', columns: 80, rows: 24, directory: '' });
      sandbox.link.writeTerminal('left', Buffer.from('(setsid yes &)\nexit\n'));
      expect(await ended).toBe('left');
      const command = { directory: '', timeoutMs: 10_000, outputBytesMax: 1024 };
      const answer = await sandbox.link.run({ ...command, argv: ['echo', 'here'] });
      expect(answer.stdout.toString()).toBe('here\n');
    });

    it('run commands with input, exit codes, a time limit and an output limit', async () => {
      const run = (argv: string[], changes = {}) =>
        sandbox.link.run({ argv, directory: '', timeoutMs: 10_000, outputBytesMax: 1e6, ...changes });
      const megabyte = Buffer.alloc(900_000, 'a');
      const cat = await run(['cat'], { stdin: megabyte });
      expect(cat.stdout.equals(megabyte)).toBe(true);
      const failed = await run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
      expect([failed.exitCode, failed.stdout.toString(), failed.stderr.toString()]).toEqual([
        3,
        'out\n',
        'err\n',
      ]);
      await expect(run(['sleep', '600'], { timeoutMs: 200 })).rejects.toMatchObject({
        code: 'command_timeout',
      });
      await expect(run(['yes'], { outputBytesMax: 1000 })).rejects.toMatchObject({ code: 'too_large' });
      await expect(run(['/no/such/program'])).rejects.toMatchObject({ code: 'not_found' });
      expect((await run(['true'])).exitCode).toBe(0);
    });

    it('see what the host writes into the home at once, and the other way round', async () => {
      const { sandboxId: _, ...spec } = await harness.spec();
      const other = await harness.driver.start(
        { ...spec, sandboxId: newSandboxId(systemRandom) },
        new AbortController().signal,
      );
      const run = async (script: string) => {
        const done = await other.link.run({
          argv: ['sh', '-c', script],
          directory: '',
          timeoutMs: 10_000,
          outputBytesMax: 1e6,
        });
        return done.stdout.toString();
      };
      const path = join(spec.homeDirectory, 'shared.txt');
      await run('cat shared.txt');
      await writeFile(path, 'one');
      expect(await run('cat shared.txt')).toBe('one');
      await writeFile(path, 'changed');
      expect(await run('cat shared.txt')).toBe('changed');
      await run('echo inside > made.txt; mkdir -p a/b; mv made.txt a/b/');
      expect(await readFile(join(spec.homeDirectory, 'a/b/made.txt'), 'utf8')).toBe('inside\n');
      await harness.driver.destroy(other.id);
      expect(await readFile(path, 'utf8')).toBe('changed');
    });

    it('stop at a frame boundary when quiesced and lose nothing until they go on', async () => {
      const { client } = await startKernel(sandbox.link);
      const id = client.execute(
        'import time\nfor i in range(50):\n    print(i, flush=True); time.sleep(0.01)',
      );
      await client.until((m) => m.type === 'stream' && m.parentId === id);
      await sandbox.link.quiesce();
      const heldAt = client.messages.length;
      await expect(
        client.until((m) => m.type === 'execute_reply' && m.parentId === id, 1_000),
      ).rejects.toThrow();
      expect(client.messages.length).toBe(heldAt);
      const hello = await sandbox.link.resume(new AbortController().signal);
      expect(hello.lastSeq).toBeGreaterThan(0);
      await client.until((m) => m.type === 'execute_reply' && m.parentId === id);
      await eventually(() => textOf(client.messages.filter((m) => m.parentId === id)).endsWith('49\n'));
    });

    it('name a kernel that ran out of memory, with the limit, while its sibling lives', async () => {
      const greedy = await startKernel(sandbox.link);
      const sibling = await startKernel(sandbox.link);
      await sibling.client.run('kept = 5');
      const exits: Array<KernelExit | undefined> = [];
      sandbox.link.on(
        'kernelState',
        (id, state, exit) => void (id === greedy.kernelId && state === 'dead' && exits.push(exit)),
      );
      greedy.client.execute('a = []\nwhile True: a.append(bytearray(8 * 2**20))');
      await eventually(() => exits.length > 0, 60_000);
      expect(exits[0]).toEqual({
        reason: 'out_of_memory',
        memoryBytesMax: 512 * 2 ** 20,
        residentBytes: expect.any(Number),
      });
      expect((await sibling.client.run('kept')).result).toBe('5');
    });

    it('live on when code sends what no kernel would say', async () => {
      const { client } = await startKernel(sandbox.link);
      const forged = `
iopub = get_ipython().kernel.iopub_socket
status = b'{"msg_id": "1", "msg_type": "status"}'
for parent, content in [
    (b'["cellbook-"]', b'{}'),
    (b'[' * 100_000 + b'"cellbook-"' + b']' * 100_000, b'{}'),
    (b'{}', b'[1]'),
    (b'{}', b'[' * 100_000 + b']' * 100_000),
    (b'{"msg_id": "' + b'x' * 32_000_000 + b'"}', b'{}'),
    (b'{"msg_id": "' + b'x' * 32_000_000 + b'"}', b'{"name": "stdout", "text": "x"}'),
]:
    if b'stdout' in content: status = status.replace(b'status', b'stream')
    iopub.send_multipart([b'x', b'<IDS|MSG>', b'', status, parent, b'{}', content])`;
      await client.run(forged);
      expect((await client.run('1 + 1')).result).toBe('2');
    });

    it('drop only streams and displays when nobody reads, say how many, and lose no reply', async () => {
      const { client } = await startKernel(sandbox.link);
      const release = sandbox.link.holdOutput();
      const id = client.execute(
        'import sys\nfor i in range(600):\n    sys.stdout.write("x" * 100_000); sys.stdout.flush()\nopen("printed", "w").write("all")\n"the result"',
      );
      const done = () => readFile(join(home, 'printed'), 'utf8').catch(() => '');
      await eventually(async () => (await done()) === 'all', 60_000);
      release();
      await client.until((m) => m.type === 'execute_reply' && m.parentId === id, 60_000);
      const own = () => client.messages.filter((m) => m.parentId === id);
      await eventually(() => /\d+ output messages .* were dropped/.test(textOf(own())));
      await eventually(() => own().some((m) => m.type === 'status' && m.content.execution_state === 'idle'));
      expect(own().find((m) => m.type === 'execute_result')?.content.data).toMatchObject({
        'text/plain': "'the result'",
      });
    });

    it('are all ended by destroy, which may be called again, and say stopped', async () => {
      const other = await harness.start();
      await harness.driver.destroy(other.id);
      expect(await other.exited).toEqual({ reason: 'stopped' });
      await harness.driver.destroy(other.id);
      await expect(other.link.listKernelspecs()).rejects.toMatchObject({ code: 'sandbox_unavailable' });
      expect((await harness.driver.list()).map(({ sandboxId }) => sandboxId)).not.toContain(other.id);
    });

    it('leave nothing when the start is given up', async () => {
      const spec = await harness.spec();
      const controller = new AbortController();
      const starting = harness.driver.start(spec, controller.signal);
      controller.abort();
      await expect(starting).rejects.toMatchObject({
        code: 'sandbox_unavailable',
        ids: { sandboxId: spec.sandboxId },
      });
      expect((await harness.driver.list()).map(({ sandboxId }) => sandboxId)).not.toContain(spec.sandboxId);
    });

    it('are not started twice under one id', async () => {
      const spec = { ...(await harness.spec()), sandboxId: sandbox.id };
      await expect(harness.driver.start(spec, new AbortController().signal)).rejects.toMatchObject({
        code: 'sandbox_unavailable',
      });
      expect(await sandbox.link.listKernelspecs()).toHaveProperty('python3');
    });
  });
}
