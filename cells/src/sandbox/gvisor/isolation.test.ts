/** What a sandbox cannot do, and what its neighbours do not feel. Only where there is isolation. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findCgroupRoots } from '../cgroup.ts';
import type { Sandbox, SandboxSpec } from '../driver.ts';
import { eventually, Harness, shutDownKernels, startKernel } from '../testing/harness.ts';
import { textOf } from '../testing/kernel-client.ts';
import { sandboxTools } from '../testing/tools.ts';
import { createRunscRuntime } from './runtime.ts';

const mebibyte = 1024 * 1024;

/** The sandbox's directory below each controller's mount. */
async function cgroupsOf(sandboxId: string): Promise<string[]> {
  const { memory, cpu, pids } = await findCgroupRoots();
  const parents = [...new Set([memory, cpu, pids])].flatMap((root) =>
    readdirSync(root)
      .filter((name) => name.startsWith('cellbook-'))
      .map((name) => join(root, name, sandboxId)),
  );
  return parents.filter((path) => existsSync(path));
}

async function processesOf(sandboxId: string): Promise<number[]> {
  const texts = (await cgroupsOf(sandboxId)).map((path) => readFileSync(join(path, 'cgroup.procs'), 'utf8'));
  return [...new Set(texts.join('\n').split('\n').filter(Boolean).map(Number))];
}

async function setMemoryLimit(sandboxId: string, bytes: (usedBytes: number) => number): Promise<void> {
  const path = (await cgroupsOf(sandboxId)).find((each) => existsSync(join(each, 'memory.stat'))) ?? '';
  const [limit, usage] = existsSync(join(path, 'memory.max'))
    ? ['memory.max', 'memory.current']
    : ['memory.limit_in_bytes', 'memory.usage_in_bytes'];
  writeFileSync(join(path, limit), String(bytes(Number(readFileSync(join(path, usage), 'utf8')))));
}

describe('a gVisor sandbox', () => {
  let harness: Harness;
  let sandbox: Sandbox;
  let spec: SandboxSpec;
  beforeAll(async () => {
    harness = await Harness.create('gvisor');
    spec = await harness.spec();
    sandbox = await harness.driver.start(spec, new AbortController().signal);
  }, 120_000);
  afterEach(() => shutDownKernels(sandbox.link));
  afterAll(() => harness.close(), 60_000);

  const run = async (script: string) => {
    const command = {
      argv: ['sh', '-c', script],
      directory: '',
      timeoutMs: 20_000,
      outputBytesMax: mebibyte,
    };
    const { stdout, stderr } = await sandbox.link.run(command);
    return stdout.toString() + stderr.toString();
  };

  it('sees the image and nothing of the host', async () => {
    writeFileSync(join(harness.directory, 'secret'), 'of the host');
    const seen = await run(
      `cat ${harness.directory}/secret; ls ${harness.directory}; cat /etc/hostname; ls /root; ls /work`,
    );
    expect(seen).not.toContain('of the host');
    expect(seen).toContain('cellbook\n');
    expect(seen.match(/No such file|Permission denied/g)?.length).toBeGreaterThanOrEqual(3);
    expect(await run('cat /proc/1/environ | tr "\\0" "\\n"')).not.toMatch(/DATABASE_URL|AWS_|SECRET/);
  });

  it('runs as one unprivileged user without capabilities, on a root that cannot be written', async () => {
    expect(await run('id -u; id -g; grep -E "^(CapEff|CapPrm|CapBnd|NoNewPrivs)" /proc/self/status')).toMatch(
      /^1000\n1000\nCapPrm:\s0+\nCapEff:\s0+\nCapBnd:\s0+\n/,
    );
    expect(
      await run('touch /usr/x /etc/x /opt/cellbook/x; mount -t tmpfs x /mnt; su root -c id'),
    ).not.toContain('uid=0');
    expect(await run('touch /usr/x 2>&1')).toMatch(/Read-only file system|Permission denied/);
    expect(
      await run(
        'echo "x" >> /opt/cellbook/cellbook_supervisor/frames.py; tail -c 3 /opt/cellbook/cellbook_supervisor/frames.py',
      ),
    ).not.toMatch(/x\n$/);
    expect(await run('touch /tmp/fine ~/fine && ls /tmp/fine')).toBe('/tmp/fine\n');
  });

  it('has no network but its own loopback', async () => {
    const code =
      'import socket\ns = socket.socket(); s.settimeout(3)\ntry: s.connect(("1.1.1.1", 80)); print("connected")\nexcept OSError as e: print("refused", e.errno)';
    const { client } = await startKernel(sandbox.link);
    expect(textOf((await client.run(code)).own)).toMatch(/^refused \d+/);
    expect(await run('cat /proc/net/dev')).not.toMatch(/eth|ens|wlan/);
  });

  it('can fill its volume and nothing else, is told so, and goes on when there is room again', async () => {
    const { client } = await startKernel(sandbox.link);
    const fill =
      'import os\nf = open(os.path.expanduser("~/big"), "wb")\nwhile True: f.write(b"x" * 2**20); f.flush()';
    const { own } = await client.run(fill);
    expect(own.find(({ type }) => type === 'error')?.content).toMatchObject({
      ename: 'OSError',
      evalue: expect.stringContaining('No space left'),
    });
    const { own: after } = await client.run(
      'f.close(); os.remove(os.path.expanduser("~/big"))\nopen(os.path.expanduser("~/small"), "w").write("room")',
    );
    expect(after.find(({ type }) => type === 'error')).toBeUndefined();
    expect(readFileSync(join(spec.homeDirectory, 'small'), 'utf8')).toBe('room');
  });

  it('contains a fork bomb in a terminal: neighbour and siblings answer, closing the terminal ends it', async () => {
    const neighbour = await harness.start();
    const quiet = await startKernel(neighbour.link);
    const sibling = await startKernel(sandbox.link);
    const said: string[] = [];
    sandbox.link.on('terminalOutput', (_, data) => void said.push(data.toString()));
    await sandbox.link.openTerminal({ name: 'bomb', columns: 80, rows: 24, directory: '' });
    sandbox.link.writeTerminal('bomb', Buffer.from('bomb() { bomb | bomb & }; bomb\n'));
    await eventually(() => said.join('').includes('Resource temporarily unavailable'));
    for (let i = 0; i < 5; i++)
      expect((await quiet.client.run(`${i} + 1`, 25_000)).result).toBe(String(i + 1));
    expect((await sibling.client.run('1 + 1', 25_000)).result).toBe('2');
    expect((await processesOf(sandbox.id)).length).toBeLessThan(spec.limits.pidsMax * 3 + 256);
    await sandbox.link.closeTerminal('bomb');
    await eventually(async () => Number(await run('ls -d /proc/[0-9]* | wc -l')) < 20);
    await harness.driver.destroy(neighbour.id);
  }, 120_000);

  it('contains a fork bomb that eats memory: the neighbour answers, and its end has a name', async () => {
    const neighbour = await harness.start();
    const quiet = await startKernel(neighbour.link);
    const doomed = await harness.start();
    const bomber = await startKernel(doomed.link);
    const kernelDied = new Promise<string>((resolve) => {
      doomed.link.on('kernelState', (_, state, exit) => {
        if (state === 'dead') resolve(exit?.reason ?? 'nothing');
      });
    });
    bomber.client.execute('import os\nwhile True:\n    try: os.fork()\n    except OSError: pass');
    for (let i = 0; i < 5; i++)
      expect((await quiet.client.run(`${i} + 1`, 25_000)).result).toBe(String(i + 1));
    const sandboxDied = doomed.exited.then(({ reason }) => reason);
    expect(await Promise.race([kernelDied, sandboxDied])).toBe('out_of_memory');
    await harness.driver.destroy(neighbour.id);
    await harness.driver.destroy(doomed.id);
  }, 120_000);

  it('contains an endless print loop: the neighbour answers, the loop can be interrupted', async () => {
    const neighbour = await harness.start();
    const quiet = await startKernel(neighbour.link);
    const loud = await startKernel(sandbox.link);
    const id = loud.client.execute(
      'from IPython.display import display, HTML\nwhile True: print("x" * 1000); display(HTML("y" * 1000))',
    );
    await loud.client.until((m) => m.type === 'display_data');
    for (let i = 0; i < 5; i++)
      expect((await quiet.client.run(`${i} + 1`, 25_000)).result).toBe(String(i + 1));
    await sandbox.link.interruptKernel(loud.kernelId);
    await loud.client.until((m) => m.type === 'execute_reply' && m.parentId === id, 60_000);
    await harness.driver.destroy(neighbour.id);
  }, 120_000);

  it('that is killed from outside is noticed, reported as a crash, and leaves nothing', async () => {
    const doomed = await harness.start();
    const closed = new Promise<void>((resolve) => void doomed.link.on('closed', resolve));
    const pids = await processesOf(doomed.id);
    expect(pids.length).toBeGreaterThan(1);
    const sentry = pids.find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('runsc-sandbox'),
    );
    process.kill(sentry ?? 0, 'SIGKILL');
    expect(await doomed.exited).toMatchObject({ reason: 'crashed' });
    await closed;
    expect(await cgroupsOf(doomed.id)).toEqual([]);
    expect((await harness.driver.list()).map(({ sandboxId }) => sandboxId)).not.toContain(doomed.id);
  });

  it('that goes over its hard memory limit as a whole is reported as out of memory', async () => {
    const doomed = await harness.start();
    const { client } = await startKernel(doomed.link);
    await setMemoryLimit(doomed.id, (usedBytes) => usedBytes + 32 * mebibyte);
    client.execute('a = bytearray(200 * 2**20)');
    expect(await doomed.exited).toEqual({
      reason: 'out_of_memory',
      memoryBytesMax: doomed ? 512 * mebibyte : 0,
    });
  });

  it('whose controller died is listed as an orphan and can be destroyed, with all it had', async () => {
    const orphan = await harness.start();
    const pids = await processesOf(orphan.id);
    const successor = await harness.restartController();
    const own = (await successor.list()).find(({ sandboxId }) => sandboxId === orphan.id);
    expect(own).toEqual({ sandboxId: orphan.id, workspaceId: orphan.workspaceId, epoch: 1, attached: false });
    await successor.destroy(orphan.id);
    expect((await successor.list()).map(({ sandboxId }) => sandboxId)).not.toContain(orphan.id);
    expect(await cgroupsOf(orphan.id)).toEqual([]);
    await eventually(() => pids.every((pid) => !isRunning(pid)));
    expect(execFileSync('mount').toString()).not.toContain(orphan.id);
  });

  it('can be checkpointed with its kernels and terminals while it is quiesced, and goes on after', async () => {
    const { client } = await startKernel(sandbox.link);
    await client.run('x = 41');
    await sandbox.link.openTerminal({ name: 'kept', columns: 80, rows: 24, directory: '' });
    await sandbox.link.quiesce();
    const record = join(harness.directory, 'state/sandboxes', sandbox.id);
    const { argv } = await createRunscRuntime(sandboxTools().runscPath);
    const image = `--image-path=${join(record, 'checkpoint')}`;
    const [file = '', ...args] = argv(
      join(record, 'runsc'),
      'checkpoint',
      '--leave-running',
      image,
      sandbox.id,
    );
    mkdirSync(join(record, 'checkpoint'));
    execFileSync(file, args, { stdio: 'pipe' });
    expect(readdirSync(join(record, 'checkpoint'))).toContain('checkpoint.img');
    await sandbox.link.resume(new AbortController().signal);
    expect((await client.run('x + 1')).result).toBe('42');
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
