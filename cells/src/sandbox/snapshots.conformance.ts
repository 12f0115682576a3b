/** What every driver that can keep memory must do. Called by each such driver's own test file. */
import { chown, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, type SandboxSnapshots, type SandboxSpec, sandboxGid, sandboxUid } from './driver.ts';
import { eventually, Harness, startKernel } from './testing/harness.ts';
import { KernelClient, textOf } from './testing/kernel-client.ts';

const soon = () => AbortSignal.timeout(60_000);

export function describeSnapshots(kind: 'gvisor'): void {
  describe(`memory of ${kind} sandboxes`, { timeout: 120_000 }, () => {
    let harness: Harness;
    let snapshots: SandboxSnapshots;
    let images = 0;
    let homes = 0;
    beforeAll(async () => {
      harness = await Harness.create(kind);
      const { snapshots: given } = harness.driver;
      if (!given) throw new Error(`the driver ${kind} keeps no memory`);
      snapshots = given;
      await mkdir(join(harness.directory, 'images'));
    });
    afterAll(() => harness.close(), 60_000);

    const imagePath = () => join(harness.directory, 'images', String(++images));
    const again = (spec: SandboxSpec): SandboxSpec => ({ ...spec, sandboxId: newSandboxId(systemRandom) });
    const start = async (): Promise<{ spec: SandboxSpec; sandbox: Sandbox }> => {
      const homeDirectory = join(harness.directory, `home-${++homes}`);
      await mkdir(homeDirectory);
      await chown(homeDirectory, sandboxUid, sandboxGid);
      const spec = { ...(await harness.spec()), homeDirectory };
      return { spec, sandbox: await harness.driver.start(spec, soon()) };
    };
    const store = async (sandbox: Sandbox): Promise<string> => {
      const directory = imagePath();
      await sandbox.link.quiesce();
      await snapshots.checkpoint(sandbox.id, directory, soon());
      return directory;
    };

    it('stop where they are and go on, with nothing lost between', async () => {
      const { sandbox } = await start();
      const { client } = await startKernel(sandbox.link);
      const id = client.execute('import time\nfor i in range(100): print(i, flush=True); time.sleep(0.01)');
      await client.until((m) => m.type === 'stream' && m.parentId === id);
      await sandbox.link.quiesce();
      await snapshots.freeze(sandbox.id, soon());
      await snapshots.freeze(sandbox.id, soon());
      await snapshots.thaw(sandbox.id, soon());
      await client.until((m) => m.type === 'execute_reply' && m.parentId === id);
      const said = () => textOf(client.messages.filter((m) => m.parentId === id));
      await eventually(() => said() === Array.from({ length: 100 }, (_, i) => `${i}\n`).join(''));
      await harness.driver.destroy(sandbox.id);
      await expect(snapshots.freeze(sandbox.id, soon())).rejects.toMatchObject({
        code: 'sandbox_unavailable',
      });
    });

    it('find the time that has passed while they were frozen, on every clock', async () => {
      const { sandbox } = await start();
      const { client } = await startKernel(sandbox.link);
      const clocks = '[time.time(), time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME)]';
      await client.run(`import json, time\nstarted = ${clocks}`);
      await sandbox.link.quiesce();
      await snapshots.freeze(sandbox.id, soon());
      const frozenUntilMs = systemClock.monotonicMs() + 2_000;
      await eventually(() => systemClock.monotonicMs() > frozenUntilMs);
      await snapshots.thaw(sandbox.id, soon());
      const { text } = await client.run(
        `now = ${clocks}\nprint(json.dumps([now[0], [b - a for a, b in zip(started, now)]]))`,
      );
      const [wallS, passed] = JSON.parse(text) as [number, number[]];
      expect(Math.abs(wallS * 1000 - systemClock.nowMs())).toBeLessThan(60_000);
      for (const seconds of passed) expect(seconds).toBeGreaterThan(2);
      await harness.driver.destroy(sandbox.id);
    });

    it('are as they were where their memory cannot be stored, frozen or not', async () => {
      const { sandbox } = await start();
      const { client } = await startKernel(sandbox.link);
      await client.run('kept = 1');
      await sandbox.link.quiesce();
      const taken = imagePath();
      await mkdir(taken);
      const refused = { code: 'already_exists' };
      await expect(snapshots.checkpoint(sandbox.id, taken, soon())).rejects.toMatchObject(refused);
      await snapshots.freeze(sandbox.id, soon());
      await expect(snapshots.checkpoint(sandbox.id, taken, soon())).rejects.toMatchObject(refused);
      await expect(snapshots.checkpoint(sandbox.id, imagePath(), AbortSignal.abort())).rejects.toThrow();
      await snapshots.thaw(sandbox.id, soon());
      expect((await client.run('kept')).result).toBe('1');
      await harness.driver.destroy(sandbox.id);
    });

    it('are stored from where they are frozen', async () => {
      const { spec, sandbox } = await start();
      const { kernelId, client } = await startKernel(sandbox.link);
      await client.run('kept = 2');
      await sandbox.link.quiesce();
      await snapshots.freeze(sandbox.id, soon());
      const image = imagePath();
      const { bytes, fingerprint } = await snapshots.checkpoint(sandbox.id, image, soon());
      expect(bytes).toBeGreaterThan(1e6);
      expect(fingerprint).toEqual(snapshots.fingerprint);
      const back = await snapshots.restore(again(spec), image, soon());
      const restored = new KernelClient(back.link, kernelId);
      await back.link.takeOver();
      expect((await restored.run('kept')).result).toBe('2');
      await harness.driver.destroy(back.id);
    });

    it('are gone when their memory is stored, and come back from it under another id and home directory', async () => {
      const { spec, sandbox } = await start();
      const { kernelId, client } = await startKernel(sandbox.link);
      await client.run('import os, threading, time\nkept = [1, 2]\nlog = open("log.txt", "a")');
      await client.run(
        'count = 0\ndef work():\n    global count\n    while True: count += 1; time.sleep(0.01)',
      );
      await client.run('threading.Thread(target=work, daemon=True).start()');
      const terminal = { name: 't', columns: 80, rows: 24, directory: '' };
      let shown = '';
      sandbox.link.on('terminalOutput', (_, data) => {
        shown += data.toString();
      });
      await sandbox.link.openTerminal(terminal);
      sandbox.link.writeTerminal('t', Buffer.from('KEPT=yes; echo rea""dy\n'));
      await eventually(() => shown.includes('ready'));
      const seq = Math.max(...client.messages.map((message) => message.seq));
      const image = await store(sandbox);
      expect(await sandbox.exited).toEqual({ reason: 'stopped' });
      expect((await harness.driver.list()).map(({ sandboxId }) => sandboxId)).not.toContain(sandbox.id);

      const moved = `${spec.homeDirectory}-moved`;
      await rename(spec.homeDirectory, moved);
      const back = await snapshots.restore({ ...again(spec), homeDirectory: moved }, image, soon());
      expect(back.link.inherited).toMatchObject({ kernels: [kernelId], terminals: [{ name: 't' }] });
      const restored = new KernelClient(back.link, kernelId);
      let after = '';
      back.link.on('terminalOutput', (_, data) => {
        after += data.toString();
      });
      const survey = await back.link.takeOver();
      expect(survey.kernels).toMatchObject([{ kernelId, state: 'idle' }]);
      expect((await restored.run('log.write("after\\n"); log.flush(); kept')).result).toBe('[1, 2]');
      expect(Math.min(...restored.messages.map((message) => message.seq))).toBe(seq + 1);
      const [first, second] = [await restored.run('count'), await restored.run('time.sleep(0.2); count')];
      expect(Number(second.result)).toBeGreaterThan(Number(first.result));
      expect(await readFile(join(moved, 'log.txt'), 'utf8')).toBe('after\n');
      back.link.writeTerminal('t', Buffer.from('echo [$KEPT]\n'));
      await eventually(() => after.includes('[yes]'));
      await harness.driver.destroy(back.id);
    });
  });
}
