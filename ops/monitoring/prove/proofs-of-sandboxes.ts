/** What fails where code runs: the runtime, kernels, places, the way out. */
import { execute } from '../../client/jupyter.ts';
import { keepDoing, type Proof } from './proof.ts';
import type { Worker } from './worker.ts';
import { places, unreachableName, type World } from './world.ts';

const restoresFail: Proof = {
  cause: 'the runtime restores no image any more',
  alerts: ['SnapshotsFail', 'MemoryLost'],
  async make({ runtime, database, workers }) {
    const stops = workers.map((worker) =>
      keepDoing(async () => {
        runtime.mend();
        await storeImage(worker, database);
        runtime.break('restore');
        await worker.workspaces.resume(worker.workspaceId);
        await worker.workspaces.reaches(worker.workspaceId, 'running');
      }, 100),
    );
    return async () => {
      await Promise.all(stops.map((stop) => stop()));
      runtime.mend();
    };
  },
};

/** Its memory is written to its host, as after the time that it is kept frozen. */
async function storeImage(
  { workspaces, workspaceId, ask }: Worker,
  database: World['database'],
): Promise<void> {
  await workspaces.suspend(workspaceId);
  await workspaces.reaches(workspaceId, 'suspended');
  await database`update workspace_rests set due_at = now() where workspace_id = ${workspaceId}`;
  for (;;) {
    await ask('PATCH', `/v1/workspaces/${workspaceId}`, { name: 'looked at' });
    const rows = await database`
      select 1 from workspace_rests where workspace_id = ${workspaceId} and image_bytes is not null`;
    if (rows.length > 0) return;
  }
}

const startsFail: Proof = {
  cause: 'the runtime starts no sandbox any more',
  alerts: ['ResumesFailBurnsFast', 'ActionsFail'],
  async make({ runtime, worker }) {
    runtime.break('run');
    const stops: Array<() => Promise<void>> = [];
    for (let person = 0; person < 5; person++) {
      const { workspaces, workspaceId } = await worker();
      stops.push(keepDoing(() => workspaces.resume(workspaceId), 500));
    }
    return async () => {
      await Promise.all(stops.map((stop) => stop()));
      runtime.mend();
    };
  },
};

const kernelsFail: Proof = {
  cause: 'kernels kill themselves, and those of one kernelspec cannot start',
  alerts: ['KernelsDie', 'KernelStartsFailBurnsFast'],
  async make({ workers: [worker] }) {
    if (!worker) throw new Error('nobody is at work');
    const kernel = await worker.kernel();
    const spec = { argv: ['/bin/false'], display_name: 'broken', language: 'none' };
    const folder = '.local/share/jupyter/kernels/broken';
    const make = `import os\nos.makedirs(os.path.expanduser("~/${folder}"), exist_ok=True)\nopen(os.path.expanduser("~/${folder}/kernel.json"), "w").write(${JSON.stringify(JSON.stringify(spec))})`;
    await execute(kernel, make);
    const dying = keepDoing(async () => {
      const one = await worker.kernel();
      // It never answers.
      one.requestExecute({ code: 'import os\nos._exit(1)' }).done.catch(() => undefined);
      await new Promise<void>((resolve) =>
        one.statusChanged.connect((_, status) => status === 'restarting' && resolve()),
      );
      await one.shutdown();
    }, 100);
    const failing = keepDoing(() => worker.ask('POST', '/api/kernels', { name: 'broken' }), 500);
    return async () => {
      await Promise.all([dying(), failing()]);
      await kernel.shutdown();
    };
  },
};

const placesGone: Proof = {
  cause: 'more people come than there are places',
  alerts: ['PlacesShort', 'PlacesGone'],
  async make({ worker }) {
    const people = await Promise.all(Array.from({ length: places + 3 }, () => worker()));
    const coming = people.map(({ workspaces, workspaceId }) =>
      keepDoing(() => workspaces.resume(workspaceId), 1_000),
    );
    return async () => {
      await Promise.all(coming.map((stop) => stop()));
      for (const { workspaces, workspaceId } of people)
        await workspaces.delete(workspaceId).catch(() => undefined);
    };
  },
};

/** As pip asks the proxy. */
const knock = `
import socket, time
def ask(host):
    s = socket.create_connection(("127.0.0.1", 3128), timeout=20)
    s.sendall(f"CONNECT {host}:443 HTTP/1.1\\r\\nHost: {host}:443\\r\\n\\r\\n".encode())
    s.recv(200); s.close()
end = time.monotonic() + 60
while time.monotonic() < end: ask("${unreachableName}"); time.sleep(0.2)
for _ in range(3000): ask("not-allowed.example")`;

const indexUnreachable: Proof = {
  cause: 'the package index cannot be resolved, and a sandbox asks without end',
  alerts: ['EgressUnreachable', 'EgressUnrecorded'],
  async make({ workers: [worker] }) {
    if (!worker) throw new Error('nobody is at work');
    const kernel = await worker.kernel();
    void kernel.requestExecute({ code: knock }).done.catch(() => undefined);
    return async () => {
      await kernel.shutdown();
    };
  },
};

export const proofsOfSandboxes: readonly Proof[] = [
  ...[restoresFail, startsFail, kernelsFail, placesGone, indexUnreachable],
];
