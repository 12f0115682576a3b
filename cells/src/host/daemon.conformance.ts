import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CellProcess, startCellProcess } from '../testing/cell-process.ts';
import { type CellClient, cellClient } from './testing/cell-client.ts';

let cell: CellProcess;
let user: CellClient;

/** Real programs: one controller, and two daemons on this machine. */
export function startWithHosts(driver: 'process' | 'gvisor'): void {
  beforeAll(async () => {
    cell = await startCellProcess({ CELLBOOK_SANDBOX_DRIVER: driver }, { hosts: ['test-1-a', 'test-1-b'] });
    user = cellClient(cell);
  }, 120_000);
  afterAll(async () => {
    await cell?.stop();
  }, 120_000);
}

/** What a crash of either side must leave alone, with any driver. */
export function testCrashes(): void {
  test('a workspace runs on a daemon, is suspended and resumed, and keeps its files', async () => {
    const id = await user.createWorkspace();
    const kernelId = await user.startKernel(id);
    await user.untilPhase(id, 'running');
    expect(await user.execute(id, kernelId, 'open("made.txt", "w").write("by code"); print(6 * 7)')).toBe(
      '42\n',
    );
    const live = await user.call('GET', `/w/${id}/api/contents/made.txt`);
    expect(live.body).toMatchObject({ content: 'by code' });

    await user.call('POST', `/v1/workspaces/${id}/suspend`);
    await user.untilPhase(id, 'suspended');
    expect((await user.call('GET', `/w/${id}/api/contents/made.txt`)).body).toMatchObject({
      content: 'by code',
    });
    expect(await user.execute(id, kernelId, 'print(open("made.txt").read())')).toBe('by code\n');
  }, 120_000);

  test('kill -9 of the controller in the middle of a cell leaves the kernel running; all its output comes, in order', async () => {
    const id = await user.createWorkspace();
    const kernelId = await user.startKernel(id);
    await user.execute(id, kernelId, 'x = 41');
    const lines = 60;
    const code = `import time\nfor i in range(${lines}):\n    print(i, flush=True)\n    time.sleep(0.1)\nx += 1`;
    const running = user.follow(id, kernelId, code);
    await expect.poll(() => running.printed(), { timeout: 30_000 }).toContain('5\n');

    await cell.restart('SIGKILL');

    const expected = Array.from({ length: lines }, (_, line) => `${line}\n`).join('');
    // What was said in the moment of the kill may be said again by the successor: it cannot know what came through.
    const said = (await running.finished).split('\n');
    expect(said.filter((line, index) => line === '' || line !== said[index - 1]).join('\n')).toBe(expected);
    expect(said.length).toBeLessThan(lines + 5);
    running.close();
    expect(await user.execute(id, kernelId, 'print(x)')).toBe('42\n');
    expect(cell.hosts.every((host) => !host.log().includes('ending a sandbox'))).toBe(true);
  }, 120_000);
}

export function testTheRest(): void {
  test('users’ files on a host are for nobody else of its machine', async () => {
    for (const { dataDirectory } of cell.hosts)
      for (const name of ['host', 'sandboxes'])
        expect((await stat(join(dataDirectory, name))).mode & 0o777).toBe(0o700);
  });

  test('workspaces spread over the hosts by their free places, and each is where its row says', async () => {
    const ids = [await user.createWorkspace(), await user.createWorkspace()];
    for (const id of ids) {
      await user.startKernel(id);
      await user.untilPhase(id, 'running');
    }
    const placed = await Promise.all(ids.map(hostOf));
    expect(placed.every((hostId) => cell.hosts.some((host) => host.hostId === hostId))).toBe(true);
    for (const [index, id] of ids.entries()) {
      const homes = join(
        cell.hosts.find(({ hostId }) => hostId === placed[index])!.dataDirectory,
        'host',
        'homes',
      );
      expect(await readdir(homes)).toContain(id);
    }
    for (const id of ids) await user.call('POST', `/v1/workspaces/${id}/suspend`);
    for (const id of ids) await user.untilPhase(id, 'suspended');
  }, 120_000);

  test('a daemon that is stopped has its workspaces suspended, and they come back on the other', async () => {
    const id = await user.createWorkspace();
    const kernelId = await user.startKernel(id);
    await user.execute(id, kernelId, 'open("drained.txt", "w").write("kept")');
    const placed = await hostOf(id);
    const host = cell.hosts.find(({ hostId }) => hostId === placed)!;
    await host.end('SIGTERM');
    await user.untilPhase(id, 'suspended');
    expect(await user.execute(id, kernelId, 'print(open("drained.txt").read())')).toBe('kept\n');
    expect(await hostOf(id)).not.toBe(placed);
    await host.start();
  }, 120_000);

  test('a restart of the controller for a deploy leaves kernels running too', async () => {
    const id = await user.createWorkspace();
    const kernelId = await user.startKernel(id);
    await user.execute(id, kernelId, 'y = 7');
    await cell.restart('SIGTERM');
    expect(await user.execute(id, kernelId, 'print(y)')).toBe('7\n');
  }, 120_000);

  test('kill -9 of a daemon loses its sandboxes and nothing that was written', async () => {
    const id = await user.createWorkspace();
    const kernelId = await user.startKernel(id);
    await user.execute(id, kernelId, 'z = 1; open("kept.txt", "w").write("kept")');
    const row = await hostOf(id);
    const host = cell.hosts.find(({ hostId }) => hostId === row)!;
    await host.restart('SIGKILL');
    await expect
      .poll(() => host.log(), { timeout: 30_000 })
      .toContain('ending a sandbox that an earlier daemon left');

    await user.untilPhase(id, 'suspended');
    expect((await user.call('GET', `/w/${id}/api/contents/kept.txt`)).body).toMatchObject({
      content: 'kept',
    });
    expect(await user.execute(id, kernelId, 'print("z" in dir(), open("kept.txt").read())')).toBe(
      'False kept\n',
    );
  }, 120_000);

  test('a daemon refuses who has no key, and an older epoch also after its restart', async () => {
    const id = await user.createWorkspace();
    await user.startKernel(id);
    const placed = await hostOf(id);
    const host = cell.hosts.find(({ hostId }) => hostId === placed)!;
    const key = await readFile(host.keyFile, 'utf8');
    const stop = async (authorization: string) => {
      const response = await host.command(`/v1/workspaces/${id}/stop`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ epoch: 0 }),
      });
      return { status: response.status, body: await response.json() };
    };
    expect(await stop('Bearer wrong')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await stop(`Bearer ${key}`)).toMatchObject({ status: 409, body: { code: 'stale_epoch' } });
    await host.restart('SIGKILL');
    await expect
      .poll(() => stop(`Bearer ${key}`).catch(() => null), { timeout: 30_000 })
      .toMatchObject({
        status: 409,
        body: { code: 'stale_epoch' },
      });
  }, 120_000);
}

async function hostOf(id: string): Promise<string | null> {
  const [row] = await cell.database.database.$client`select host_id from workspaces where id = ${id}`;
  return row?.host_id ?? null;
}
