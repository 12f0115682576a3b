/** Memory that is taken all at once, on a machine with no time to spare: only who took it ends, by name. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../driver.ts';
import type { KernelExit } from '../link/supervisor-link.ts';
import { eventually, Harness, startKernel } from '../testing/harness.ts';

const busyProcesses = 4;
const rounds = 10;
/** `"x" * n` writes each page at once, as a copy of a large array does: about 1.7 GB/s. */
const takeTwoGibibytes = 'taken = b"x" * (2 * 2**30)';

describe('a gVisor sandbox of 512 MiB on a busy machine', () => {
  let harness: Harness;
  let sandbox: Sandbox;
  let sibling: Awaited<ReturnType<typeof startKernel>>;
  let load: ChildProcess[];
  const deaths = new Map<string, KernelExit | undefined>();

  beforeAll(async () => {
    harness = await Harness.create('gvisor');
    sandbox = await harness.start();
    sandbox.link.on('kernelState', (id, state, exit) => void (state === 'dead' && deaths.set(id, exit)));
    sibling = await startKernel(sandbox.link);
    await sibling.client.run('kept = 5');
    load = Array.from({ length: busyProcesses }, () => spawn('sh', ['-c', 'while :; do :; done']));
  }, 120_000);
  afterAll(async () => {
    for (const process of load) process.kill('SIGKILL');
    await harness.close();
  }, 60_000);

  it('ends a kernel that takes 2 GiB at once, ten times, and its sibling keeps its variables', async () => {
    for (let round = 1; round <= rounds; round++) {
      const greedy = await startKernel(sandbox.link);
      greedy.client.execute(takeTwoGibibytes);
      await eventually(() => deaths.has(greedy.kernelId), 30_000);
      expect(deaths.get(greedy.kernelId)).toMatchObject({
        reason: 'out_of_memory',
        memoryBytesMax: 512 * 2 ** 20,
      });
      expect((await sibling.client.run('kept')).result).toBe('5');
      await sandbox.link.shutdownKernel(greedy.kernelId);
    }
    expect(deaths.has(sibling.kernelId)).toBe(false);
  }, 240_000);

  it('sees a thread of an idle kernel take memory as soon as a cell', async () => {
    const greedy = await startKernel(sandbox.link);
    const later = `import threading, time\ndef take():\n    time.sleep(3)\n    global taken\n    ${takeTwoGibibytes}\nthreading.Thread(target=take).start()`;
    await greedy.client.run(later);
    await eventually(() => deaths.has(greedy.kernelId), 30_000);
    expect(deaths.get(greedy.kernelId)).toMatchObject({ reason: 'out_of_memory' });
    expect((await sibling.client.run('kept')).result).toBe('5');
    await sandbox.link.shutdownKernel(greedy.kernelId);
  }, 60_000);

  it('ends a process that detached itself and takes memory, and no kernel in its place', async () => {
    const greedy = `import os, sys, time
if os.fork(): sys.exit()
os.setsid()
if os.fork(): sys.exit()
open("/tmp/greedy", "w").write(str(os.getpid()))
sys.stdout.close(); os.closerange(0, 3); time.sleep(2)
${takeTwoGibibytes}
time.sleep(60)`;
    const command = { directory: '', timeoutMs: 20_000, outputBytesMax: 1024 };
    const { exitCode } = await sandbox.link.run({ ...command, argv: ['python3', '-c', greedy] });
    expect(exitCode).toBe(0);
    const isGone = 'kill -0 $(cat /tmp/greedy) 2>/dev/null && echo there || echo gone';
    const look = async () =>
      (await sandbox.link.run({ ...command, argv: ['sh', '-c', isGone] })).stdout.toString();
    expect(await look()).toBe('there\n');
    await eventually(async () => (await look()) === 'gone\n', 30_000);
    expect((await sibling.client.run('kept')).result).toBe('5');
    expect(deaths.has(sibling.kernelId)).toBe(false);
  }, 60_000);
});
