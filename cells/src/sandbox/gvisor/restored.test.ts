/** What a restored sandbox finds: time that has passed, numbers nobody has drawn, locks, files and connections as they were. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { execute } from '../quota/execute.ts';
import { ageImage } from '../testing/age-image.ts';
import { KernelClient, textOf } from '../testing/kernel-client.ts';
import { SnapshotHarness, type Stored } from '../testing/snapshot-harness.ts';

let harness: SnapshotHarness;
beforeAll(async () => {
  harness = await SnapshotHarness.create('gvisor');
});
afterAll(() => harness.close(), 60_000);
const timed = { timeout: 120_000 };

// Two that are restored over one home have the same line for IPython's history, and the second would say so.
const draw = `
get_ipython().history_manager.enabled = False
import os, random, secrets, ssl, tempfile, uuid, numpy, multiprocessing
import numpy.random
def drawn():
    return {
        "random": [random.random() for _ in range(4)],
        "numpy": numpy.random.random(4).tolist(),
        "urandom": os.urandom(16).hex(),
        "uuid4": str(uuid.uuid4()), "uuid1": str(uuid.uuid1()),
        "ssl": ssl.RAND_bytes(16).hex(),
        "secrets": secrets.token_hex(16),
        "names": next(tempfile._get_candidate_names()),
    }
def serve(pipe):
    while True: pipe.recv(); pipe.send(drawn())
drawn()
ours, theirs = multiprocessing.get_context("fork").Pipe()
child = multiprocessing.get_context("fork").Process(target=serve, args=(theirs,), daemon=True); child.start()
ours.send(1); ours.recv()`;
const report = 'import json\nours.send(1)\nprint(json.dumps([drawn(), ours.recv()]))';

it(
  'draws nothing that another restore of the same image drew, in kernels nor in their forked children',
  timed,
  async () => {
    const stored = await harness.store(draw);
    const [first, second] = [await drawnIn(stored), await drawnIn(stored)];
    for (const [one, other] of [
      [first.kernel, second.kernel],
      [first.child, second.child],
      [first.kernel, first.child],
    ] as const)
      for (const [source, value] of Object.entries(one)) expect(other[source], source).not.toEqual(value);
  },
);

async function drawnIn(stored: Stored) {
  const { sandbox, client } = await harness.restore(stored);
  expect(sandbox.link.hello).toMatchObject({ renewed: 2, pending: 0 });
  const { text } = await client.run(report);
  expect(text.trim().split('\n'), text).toHaveLength(1);
  const [kernel, child] = JSON.parse(text) as Array<Record<string, unknown>>;
  await harness.driver.destroy(sandbox.id);
  return { kernel: kernel ?? {}, child: child ?? {} };
}

it("waits no longer than its bound for a process whose C code keeps Python's lock", timed, async () => {
  const stored = await harness.store(
    'import re',
    'open("at", "w").close(); re.match(r"(a+)+$", "a" * 40 + "b")',
  );
  const { sandbox } = await harness.restore(stored);
  expect(sandbox.link.hello).toMatchObject({ renewed: 0, pending: 1 });
  await harness.driver.destroy(sandbox.id);
});

const handshake = `
import ssl
def shake():
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile="cert.pem")
    server.load_cert_chain("cert.pem", "key.pem")
    a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
    there = server.wrap_bio(a, b, server_side=True)
    here = client.wrap_bio(b, a, server_hostname="localhost")
    for _ in range(4):
        for end in (here, there):
            try: end.do_handshake()
            except ssl.SSLWantReadError: pass
    return here.version()`;

/** A certificate that is valid from now on, where the kernel's home is. */
async function certify({ spec: { homeDirectory } }: Stored): Promise<void> {
  const at = (name: string) => join(homeDirectory, name);
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', at('key.pem'), '-out', at('cert.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await execute(['openssl', 'req', '-x509', ...key, ...subject, ...files], 'making a certificate');
  await execute(['chmod', '0644', at('key.pem')], 'making a certificate');
}

const clocks = '[time.time(), time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME)]';
const timers = `
import time, threading, socket
fired, started = [], ${clocks}
threading.Timer(3 * 3600, lambda: fired.append("within")).start()
threading.Timer(9 * 3600, lambda: fired.append("later")).start()`;

it(
  'finds the hours that have passed, on every clock, timers that were due meanwhile, TLS working, its host name and names resolved',
  timed,
  async () => {
    const hours = 6;
    const beforeMs = systemClock.nowMs();
    const stored = await harness.store(handshake + timers);
    await ageImage(stored.image, { hours, savedMs: [beforeMs, systemClock.nowMs()] });
    await certify(stored);
    const { sandbox, client } = await harness.restore(stored);
    // Before anything else: the first thing that somebody does may be a download.
    expect((await client.run('shake()')).result).toBe("'TLSv1.3'");
    const { text } = await client.run(
      `import json\nnow = ${clocks}\nprint(json.dumps([now[0], [b - a for a, b in zip(started, now)][1:]]))`,
    );
    const [wallS, passed] = JSON.parse(text) as [number, number[]];
    expect(Math.abs(wallS * 1000 - systemClock.nowMs())).toBeLessThan(60_000);
    for (const seconds of passed) {
      expect(seconds).toBeGreaterThan(hours * 3_600);
      expect(seconds).toBeLessThan(hours * 3_600 + 600);
    }
    const waited =
      'while not fired: time.sleep(0.01)\nprint(fired, socket.gethostname(), socket.gethostbyname("localhost"))';
    expect((await client.run(waited)).text).toBe("['within'] cellbook 127.0.0.1\n");
    await harness.driver.destroy(sandbox.id);
  },
);

const listening = `
import fcntl, http.server, os, socket, threading
server = http.server.ThreadingHTTPServer(("127.0.0.1", 8123), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
gone = open("gone", "w+"); gone.write("unlinked"); gone.flush(); os.unlink("gone")
changed = open("changed", "w+"); changed.write("before"); changed.flush()
whole, part = open("whole.lock", "w"), open("part.lock", "w")
fcntl.flock(whole, fcntl.LOCK_EX); fcntl.lockf(part, fcntl.LOCK_EX)`;
const look = `
import subprocess, sys, urllib.request
other = '''
import fcntl
for name, lock in (("whole.lock", fcntl.flock), ("part.lock", fcntl.lockf)):
    try: lock(open(name, "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB); print("free")
    except BlockingIOError: print("held")'''
locks = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True).stdout.split()
gone.seek(0); changed.seek(0)
print(urllib.request.urlopen("http://127.0.0.1:8123/changed").read().decode(), locks, gone.read(), changed.read(), sep="|")`;

it(
  'finds its servers listening, its locks held, unlinked files readable and changed ones as they are now',
  timed,
  async () => {
    const stored = await harness.store(listening);
    await writeFile(join(stored.spec.homeDirectory, 'changed'), 'changed while away');
    const { sandbox, client } = await harness.restore(stored);
    const said = (await client.run(look)).text.split('\n').find((line) => line.includes('|'));
    expect(said).toBe("changed while away|['held', 'held']|unlinked|changed while away");
    await harness.driver.destroy(sandbox.id);
  },
);

it('does not come back where a file it had open is gone, and leaves nothing', timed, async () => {
  const stored = await harness.store('held = open("held", "w")');
  await rm(join(stored.spec.homeDirectory, 'held'));
  await expect(harness.restore(stored)).rejects.toMatchObject({ code: 'sandbox_unavailable' });
  const left = (await harness.driver.list()).map(({ workspaceId }) => workspaceId);
  expect(left).not.toContain(stored.spec.workspaceId);
});

it('goes on with a cell that was running, its output complete and in order', timed, async () => {
  const counting =
    'import time\nopen("at", "w").close()\nfor i in range(400):\n    print(i, flush=True); time.sleep(0.01)';
  const stored = await harness.store('1', counting);
  const { sandbox, client } = await harness.restore(stored);
  const parent = stored.executing;
  await client.until((m) => m.type === 'execute_reply' && m.parentId === parent);
  await client.until(
    (m) => m.type === 'status' && m.parentId === parent && m.content.execution_state === 'idle',
  );
  const all = [...stored.messages, ...client.messages];
  expect(textOf(all.filter((m) => m.parentId === parent))).toBe(
    Array.from({ length: 400 }, (_, i) => `${i}\n`).join(''),
  );
  const seqs = all.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  await harness.driver.destroy(sandbox.id);
});

it('answers no question of the connection before, and starts what it is asked to', timed, async () => {
  const stored = await harness.store('1');
  const { sandbox, client } = await harness.restore(stored);
  const again = harness.kernel();
  await sandbox.link.startKernel({ kernelId: again, kernelspec: 'python3', directory: '', environment: {} });
  const other = new KernelClient(sandbox.link, again);
  expect((await other.run('import os; os.environ["CELLBOOK_WORKSPACE_ID"]')).result).toBe(
    `'${stored.spec.workspaceId}'`,
  );
  expect((await client.run('2')).result).toBe('2');
  await harness.driver.destroy(sandbox.id);
});

it('is stored again after it came back, by a supervisor as old as its image', timed, async () => {
  const first = await harness.store('steps = [1]');
  const back = await harness.restore(first);
  await back.client.run('steps.append(2)');
  const second = await harness.storeRunning(back, first);
  const { sandbox, client } = await harness.restore(second);
  expect((await client.run('steps')).result).toBe('[1, 2]');
  await harness.driver.destroy(sandbox.id);
});

it('is not restored with another image of files, and says why', timed, async () => {
  const stored = await harness.store('1');
  const path = join(stored.image, 'snapshot.json');
  await harness.change(path, (snapshot) => ({
    ...snapshot,
    fingerprint: { ...harness.fingerprint, imageDigest: 'other' },
  }));
  await expect(harness.restore(stored)).rejects.toMatchObject({ code: 'snapshot_incompatible' });
  await mkdir(`${stored.image}.draft`, { recursive: true });
  await expect(harness.restore({ ...stored, image: `${stored.image}.draft` })).rejects.toMatchObject({
    code: 'sandbox_unavailable',
  });
});
