/** From inside a real sandbox: pip through the proxy, everything else tried and refused, a checkpoint in between. */
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentName } from '../environments/layout.ts';
import {
  type Sandbox,
  type SandboxDriver,
  type SandboxSpec,
  sandboxGid,
  sandboxUid,
} from '../sandbox/driver.ts';
import { createGvisorDriver } from '../sandbox/gvisor/driver.ts';
import { startKernel } from '../sandbox/testing/harness.ts';
import { KernelClient, textOf } from '../sandbox/testing/kernel-client.ts';
import { testLimits } from '../sandbox/testing/limits.ts';
import { sandboxTools } from '../sandbox/testing/tools.ts';
import { Egress } from './egress.ts';
import type { EgressLog } from './egress-log.ts';
import { createMemoryEgressLog } from './memory-egress-log.ts';
import { packageIndexes, ruleOfUrl } from './rules.ts';
import { type PackageIndex, startPackageIndex } from './testing/package-index.ts';

const soon = () => AbortSignal.timeout(60_000);

let directory: string;
let index: PackageIndex;
let log: EgressLog;
let egress: Egress;
let driver: SandboxDriver;
let spec: SandboxSpec;
let sandbox: Sandbox;
/** Of this machine, and none of the sandbox's business: as a cell's own ports are. */
let forbidden: Server;
let reached = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-egress-'));
  index = await startPackageIndex();
  forbidden = createServer((socket) => {
    reached++;
    socket.destroy();
  }).listen(0, '0.0.0.0');
  await once(forbidden, 'listening');
  log = createMemoryEgressLog();
  egress = new Egress({
    ...{ policy: { rules: [ruleOfUrl(indexUrl()), ...packageIndexes], indexUrl: indexUrl() }, log },
    ...{ clock: systemClock, logger: silentLogger, metrics: createMetrics(), random: systemRandom },
    // The mirror is the operator's own; the names of the public indexes lead where no sandbox may go.
    resolve: async (host) => (host === 'mirror.test' ? ['127.0.0.1'] : ['127.0.0.1', '169.254.169.254']),
  });
  driver = await createGvisorDriver({
    ...{ ...sandboxTools(), stateDirectory: join(directory, 'state'), clock: systemClock },
    ...{ random: systemRandom, egress },
  });
  spec = await newSpec();
  sandbox = await driver.start(spec, soon());
}, 120_000);
afterAll(async () => {
  for (const { sandboxId } of await driver.list()) await driver.destroy(sandboxId);
  await egress.closeAll();
  await index.close();
  forbidden.close();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

async function newSpec(): Promise<SandboxSpec> {
  const sandboxId = newSandboxId(systemRandom);
  const homeDirectory = join(directory, 'homes', sandboxId);
  await mkdir(homeDirectory, { recursive: true });
  await chown(homeDirectory, sandboxUid, sandboxGid);
  const workspaceId = newWorkspaceId(systemRandom);
  return { sandboxId, workspaceId, epoch: 1, homeDirectory, limits: testLimits, environment: {} };
}

async function run(script: string, { link }: Sandbox = sandbox): Promise<string> {
  const command = { argv: ['sh', '-c', script], directory: '', timeoutMs: 60_000, outputBytesMax: 2 ** 20 };
  const { stdout, stderr } = await link.run(command);
  return stdout.toString() + stderr.toString();
}

const indexUrl = () => `http://mirror.test:${index.port}/simple/`;

const python = (code: string, of = sandbox) => run(`python3 - <<'END'\n${code}\nEND`, of);

/** The forwarder comes a moment after the sandbox. */
const untilForwarded = (of = sandbox) =>
  expect
    .poll(() => python('import socket\nsocket.create_connection(("127.0.0.1", 3128), 2); print("up")', of), {
      timeout: 20_000,
    })
    .toContain('up');

describe('a sandbox with a way out', { timeout: 120_000 }, () => {
  it('installs a package from the index that is configured, into its files', async () => {
    await untilForwarded();
    const said = await run('pip install cellbook-probe');
    expect(said).toContain('Successfully installed cellbook-probe-1.2.3');
    expect(await python('import cellbook_probe; print(cellbook_probe.ANSWER)')).toBe('42\n');
    const packages = join(spec.homeDirectory, environmentName, 'lib/python3.11/site-packages');
    expect(await readdir(packages)).toContain('cellbook_probe.py');
    expect(index.requests).toContain('/simple/cellbook-probe/');
    await expect
      .poll(() => log.list(spec.workspaceId, 10), { timeout: 10_000 })
      .toContainEqual(
        expect.objectContaining({
          sandboxId: spec.sandboxId,
          host: 'mirror.test',
          port: index.port,
          result: 'ok',
        }),
      );
    const [record] = await log.list(spec.workspaceId, 1);
    expect(record?.bytesDown).toBeGreaterThan(100);
    expect(record?.bytesUp).toBeGreaterThan(100);
  });

  it('installs into an environment of its own as well', async () => {
    const said = await run(
      'python3 -m venv --system-site-packages /tmp/own && /tmp/own/bin/pip install --ignore-installed cellbook-probe && /tmp/own/bin/python -c "import cellbook_probe; print(cellbook_probe.__file__)"',
    );
    expect(said).toContain('/tmp/own/lib/python3.11/site-packages/cellbook_probe.py');
  });

  it('reaches nothing directly: neither this machine, nor metadata, nor the internet', async () => {
    const { port } = forbidden.address() as AddressInfo;
    const own = Object.values(networkInterfaces()).flatMap(
      (found) => found?.map(({ address }) => address) ?? [],
    );
    const targets = [...own, '127.0.0.1', '::1', '169.254.169.254', '1.1.1.1', 'pypi.org'];
    const tried = await python(`
import socket
for host in ${JSON.stringify(targets)}:
    for port in (${port}, ${index.port}, 80, 443):
        try:
            socket.create_connection((host, port), 3).close()
            print("REACHED", host, port)
        except OSError as error:
            print("failed:", host, port, error)`);
    expect(tried).not.toContain('REACHED');
    expect(tried.match(/failed:/g)).toHaveLength(4 * targets.length);
    expect(await run('cat /proc/net/dev')).not.toMatch(/eth|ens|wlan|veth/);
  });

  it('reaches nothing else through the proxy, however it is asked', async () => {
    const { port } = forbidden.address() as AddressInfo;
    const tried = await python(`
import socket
def ask(line):
    s = socket.create_connection(("127.0.0.1", 3128), 10)
    s.sendall(line.encode())
    return s.recv(4096).decode().split("\\r\\n")[0]
for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "169.254.169.254", "metadata.google.internal", "pypi.org", "evil.example"):
    for port in (${port}, 22, 80, 443, 5432):
        print(host, port, ask("CONNECT %s:%d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" % (host, port)))
        print(host, port, ask("GET http://%s:%d/ HTTP/1.1\\r\\nHost: mirror.test:${index.port}\\r\\n\\r\\n" % (host, port)))`);
    const lines = tried.trim().split('\n');
    expect(lines).toHaveLength(9 * 5 * 2);
    for (const line of lines) expect(line).toMatch(/ HTTP\/1.1 403 /);
    expect(lines.find((line) => line.startsWith('pypi.org 443 '))).toContain('at an address that');
    expect(reached).toBe(0);
  });

  it('finds no socket but its own, and makes none that the host has', async () => {
    expect(await run('ls /run/cellbook; touch /run/cellbook/x')).toMatch(
      /^egress.sock\n.*(Read-only|denied)/s,
    );
    await python(`
import os, socket
for path in (os.path.expanduser("~/made.sock"), "/run/cellbook/made.sock", "/tmp/made.sock"):
    try: socket.socket(socket.AF_UNIX).bind(path); print("bound", path)
    except OSError as error: print(path, error)`);
    expect(await readdir(join(directory, 'state', 'sandboxes', spec.sandboxId, 'egress'))).toEqual([
      'egress.sock',
    ]);
    const entries = await readdir(spec.homeDirectory, { withFileTypes: true });
    expect(entries.filter((entry) => entry.isSocket())).toEqual([]);
  });

  it('is told apart from its neighbour by its socket', async () => {
    const other = await newSpec();
    const neighbour = await driver.start(other, soon());
    await untilForwarded(neighbour);
    await run('pip download --no-deps -d /tmp cellbook-probe', neighbour);
    await expect.poll(() => log.list(other.workspaceId, 10), { timeout: 10_000 }).not.toEqual([]);
    for (const { sandboxId } of await log.list(other.workspaceId, 10))
      expect(sandboxId).toBe(other.sandboxId);
    await driver.destroy(other.sandboxId);
  });

  it('has its forwarder again when somebody ends it', async () => {
    await run('pkill -f egress_forwarder');
    await untilForwarded();
  });

  it('is restored with connections that are reported dead, and new ones that work', async () => {
    const { snapshots } = driver;
    if (!snapshots) throw new Error('this driver keeps memory');
    const before = await newSpec();
    const stored = await driver.start(before, soon());
    await untilForwarded(stored);
    const { kernelId, client } = await startKernel(stored.link);
    const begun = await client.run(`import socket
s = socket.create_connection(("127.0.0.1", 3128))
s.sendall(b"GET http://mirror.test:${index.port}/endless HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
seen = b""
while b"begun" not in seen: seen += s.recv(4096)
"begun"`);
    expect(begun.result).toBe("'begun'");
    const image = join(directory, 'image');
    await stored.link.quiesce();
    await snapshots.checkpoint(before.sandboxId, image, soon());
    await expect
      .poll(() => log.list(before.workspaceId, 10), { timeout: 10_000 })
      .toContainEqual(expect.objectContaining({ host: 'mirror.test', result: 'broken' }));

    const after = { ...before, sandboxId: newSandboxId(systemRandom) };
    const restored = await snapshots.restore(after, image, soon());
    const again = new KernelClient(restored.link, kernelId);
    await restored.link.takeOver();
    const { own } = await again.run(
      's.settimeout(20)\ntry: s.recv(4096)\nexcept OSError as error: print(repr(error))',
    );
    expect(textOf(own)).toContain('ConnectionResetError');
    expect(await run('pip install cellbook-probe', restored)).toContain('Successfully installed');
    const records = await log.list(after.workspaceId, 100);
    expect(new Set(records.map(({ sandboxId }) => sandboxId))).toContain(before.sandboxId);
    await driver.destroy(after.sandboxId);
  });
});
