/** What goes away or hangs: a host, a controller, the edge, the object store, the database. */
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
import { killProgram } from '../../up/processes/kill-program.ts';
import { targetsIn } from './ground.ts';
import { keepDoing, type Proof } from './proof.ts';
import { watchOnly } from './watch-only.ts';
import { cellId, hostId, type World } from './world.ts';

const hostCutOff: Proof = {
  cause: 'the only host of a cell answers nobody (its daemon is stopped)',
  alerts: ['ProgramDown', 'NoPlaces'],
  async make({ freeze }) {
    const goOn = freeze(`host-${hostId}`);
    return async () => goOn();
  },
};

const controllerKilled: Proof = {
  cause: 'a controller is killed again and again while its people work',
  alerts: ['CellUnreachable'],
  async make({ platform, workers }) {
    const asking = workers.map((worker) => keepDoing(() => worker.ask('GET', '/v1/workspaces'), 100));
    const killing = keepDoing(async () => killProgram(platform.home, `cell-${cellId}`), 6_000);
    return async () => {
      await Promise.all([killing(), ...asking.map((stop) => stop())]);
    };
  },
};

const storeAway: Proof = {
  cause: 'the object store refuses connections while people save and a closed tab’s cell prints',
  alerts: [
    ...['FilesNotStoredBurnsFast', 'ApiErrorsBurnsFast', 'EdgeErrorsBurnsFast', 'OutputOfClosedTabsLost'],
  ],
  async make({ objects, workers }) {
    for (const worker of workers) await printForNobody(worker);
    await objects.shut();
    const saving = workers.map((worker) =>
      keepDoing(
        (turn) =>
          worker.ask('PUT', '/api/contents/saved.txt', { type: 'file', format: 'text', content: `${turn}` }),
        500,
      ),
    );
    return async () => {
      await Promise.all(saving.map((stop) => stop()));
      await objects.open();
    };
  },
};

/** A cell of a notebook goes on writing a file and printing, and its tab is closed. */
async function printForNobody({ jupyter }: World['workers'][number]): Promise<void> {
  const code =
    'import time\nfor i in range(600):\n    open("made", "w").write(str(i)); print(i); time.sleep(0.2)';
  const about = { outputs: [], metadata: {}, execution_count: null };
  const cell = { cell_type: 'code', id: 'first', source: code, ...about };
  const content = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const path = 'unseen.ipynb';
  await jupyter.contents.save(path, { type: 'notebook', format: 'json', content });
  const wanted = { path, name: path, type: 'notebook', kernel: { name: 'python3' } };
  const session = await jupyter.sessions.startNew(wanted);
  const running = session.kernel?.requestExecute({ code }, false, { cellId: 'first' });
  if (!running) throw new Error('the session has no kernel');
  await new Promise<void>((resolve) => {
    running.onIOPub = ({ header }) => {
      if (header.msg_type === 'stream') resolve();
    };
  });
  running.dispose();
  session.dispose();
}

const tableLocked: Proof = {
  cause: 'something holds the database’s table of workspaces for 1.5 s, again and again',
  alerts: ['ApiSlowBurnsFast', 'ResumesSlowBurnsFast'],
  async make({ database, workers }) {
    const locking = keepDoing(
      () =>
        database.begin(async (sql) => {
          await sql`lock table workspaces in access exclusive mode`;
          await sleep(systemClock, 1_500);
        }),
      100,
    );
    const working = workers.flatMap(({ ask, workspaces, workspaceId }) => [
      keepDoing(() => ask('GET', '/v1/workspaces'), 100),
      keepDoing(async () => {
        await workspaces.suspend(workspaceId);
        await workspaces.reaches(workspaceId, 'suspended');
        await workspaces.resume(workspaceId);
      }, 100),
    ]);
    return async () => {
      await locking();
      await Promise.all(working.map((stop) => stop()));
    };
  },
};

const controllerLate: Proof = {
  cause: 'a controller is kept from its processor for 0.4 s, again and again',
  alerts: ['EventLoopBlocked'],
  async make({ freeze }) {
    return keepDoing(async () => {
      const goOn = freeze(`cell-${cellId}`);
      await sleep(systemClock, 400);
      goOn();
    }, 300);
  },
};

const hostsUnwatched: Proof = {
  cause: 'Prometheus is not told of any host',
  alerts: ['ProgramsUnwatched'],
  async make(world) {
    return watchOnly(
      world,
      targetsIn(world.platform).filter(({ tls }) => !tls),
    );
  },
};

/** Last: it does not come back. */
const edgeLost: Proof = {
  cause: 'the edge dies at every start until it is given up',
  alerts: ['ProgramDown', 'RightsStale'],
  async make({ platform }) {
    return keepDoing(async () => killProgram(platform.home, 'edge'), 200);
  },
};

export const proofsOfPrograms: readonly Proof[] = [
  ...[hostsUnwatched, hostCutOff, controllerLate, tableLocked, storeAway, controllerKilled],
];
export const lastProofs: readonly Proof[] = [edgeLost];
