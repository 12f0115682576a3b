import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCgroupRoots, limitFiles, SandboxCgroups } from './cgroup.ts';

const limits = { memoryBytesMax: 512 * 1024 * 1024, cpuMillisMax: 1500, pidsMax: 300 };

describe('control groups', () => {
  let mount: string;
  beforeEach(async () => {
    mount = await mkdtemp(join(tmpdir(), 'cellbook-cgroup-'));
  });
  afterEach(() => rm(mount, { recursive: true, force: true }));

  it('say the same limits in either version’s words', () => {
    const [v1, v2] = [new Map(limitFiles(1, limits).map(byFile)), new Map(limitFiles(2, limits).map(byFile))];
    expect(v1.get('memory.limit_in_bytes')).toBe('536870912');
    expect(v1.get('cpu.cfs_quota_us')).toBe('150000');
    expect(v2.get('memory.max')).toBe('536870912');
    expect(v2.get('cpu.max')).toBe('150000 100000');
    expect([v1.get('pids.max'), v2.get('pids.max')]).toEqual(['300', '300']);
  });

  it('are found as version 2 where its controllers are, version 1 where theirs are', async () => {
    await writeFile(join(mount, 'cgroup.controllers'), 'cpuset cpu memory pids');
    expect(await findCgroupRoots(mount)).toMatchObject({ version: 2, memory: mount, pids: mount });
    await rm(join(mount, 'cgroup.controllers'));
    for (const name of ['memory', 'cpu,cpuacct', 'pids']) await mkdir(join(mount, name));
    expect(await findCgroupRoots(mount)).toMatchObject({ version: 1, cpu: join(mount, 'cpu,cpuacct') });
  });

  it('that are missing are a typed error that says what to mount', async () => {
    await expect(findCgroupRoots(mount)).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      next: expect.stringContaining('Mount cgroup'),
    });
  });

  it('of version 2 are delegated from the top and written below the controller’s own group', async () => {
    await writeFile(join(mount, 'cgroup.controllers'), 'cpu memory pids');
    const groups = new SandboxCgroups(await findCgroupRoots(mount), 'cellbook-test', systemClock);
    expect(await groups.create('sbx-1', limits)).toEqual([join(mount, 'cellbook-test/sbx-1/cgroup.procs')]);
    expect(await readFile(join(mount, 'cellbook-test/cgroup.subtree_control'), 'utf8')).toBe(
      '+memory +cpu +pids',
    );
    expect(await readFile(join(mount, 'cellbook-test/sbx-1/memory.max'), 'utf8')).toBe('536870912');
    expect(await groups.list()).toEqual(['sbx-1']);
    await writeFile(join(mount, 'cellbook-test/sbx-1/memory.events'), 'low 0\noom 3\noom_kill 2\n');
    expect(groups.outOfMemoryKills('sbx-1')).toBe(2);
    expect(groups.outOfMemoryKills('sbx-2')).toBe(0);
  });

  it('of this host take more and less while they are in use', async () => {
    const roots = await findCgroupRoots();
    const parent = `cellbook-test-${process.pid}`;
    const groups = new SandboxCgroups(roots, parent, systemClock);
    await groups.create('sbx-1', limits);
    const file = roots.version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
    const read = () => readFile(join(roots.memory, parent, 'sbx-1', file), 'utf8');
    try {
      for (const factor of [4, 1, 2]) {
        const memoryBytesMax = limits.memoryBytesMax * factor;
        await groups.change('sbx-1', { ...limits, memoryBytesMax });
        expect((await read()).trim()).toBe(String(memoryBytesMax));
      }
    } finally {
      await groups.destroy('sbx-1', 10_000);
      for (const root of new Set([roots.memory, roots.cpu, roots.pids])) await rmdir(join(root, parent));
    }
  });
});

const byFile = ([, file, value]: [string, string, string]): [string, string] => [file, value];
