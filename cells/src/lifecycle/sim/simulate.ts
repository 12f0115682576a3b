/**
 * One run: a few minutes of random owners, failing steps, dying sandboxes, paused and crashing controllers;
 * then the trouble ends and everything has to come to rest as wanted. The log is the same for the same seed.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import * as invariants from './invariants.ts';
import { InvariantBroken, short, undoMs, World } from './world.ts';

export interface SimulationResult {
  seed: number;
  log: string[];
  /** What went wrong, or null. */
  broken: string | null;
}

const workspacesMade = 6;
const moments = 250;

export async function simulate(seed: number): Promise<SimulationResult> {
  const world = new World(seed);
  try {
    world.addController();
    world.addController();
    for (let made = 0; made < workspacesMade; made++) await world.addWorkspace();
    for (let moment = 0; moment < moments; moment++) {
      await act(world);
      await world.pass(1 + world.random.int(world.random.int(2) === 0 ? 300 : 5_000));
    }
    await settle(world);
  } catch (error) {
    if (!(error instanceof InvariantBroken)) throw error;
  }
  for (const { lifecycle, gate } of world.controllers) if (!gate.crashed) void lifecycle.stop();
  return { seed, log: world.log, broken: world.broken };
}

type Act = (world: World) => Promise<void> | void;

/** What may happen next, with how often. */
const acts: readonly (readonly [weight: number, act: Act])[] = [
  [10, ensureRunning],
  [6, (world) => ask(world, 'suspended', ['running', 'suspended'])],
  [4, (world) => ask(world, 'running', ['running', 'suspended'])],
  [2, (world) => ask(world, 'deleted', ['running', 'suspended', 'deleted'])],
  [3, (world) => ask(world, 'suspended', ['deleted'])],
  [8, codeWrites],
  [3, endSandbox],
  [2, crashController],
  [5, (world) => world.pass(20_000)],
  [1, (world) => world.pass(150_000)],
  [1, drainHost],
];

async function act(world: World): Promise<void> {
  let left = world.random.int(acts.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, what] of acts) {
    if (left < weight) return what(world);
    left -= weight;
  }
}

function ensureRunning(world: World): void {
  const workspaceId = pick(world, world.workspaceIds);
  const controller = pick(
    world,
    world.controllers.filter(({ gate }) => !gate.crashed),
  );
  world.note(`somebody needs ${short(workspaceId)} through ${controller.name}`);
  world.unanswered++;
  const answered = (answer: string) => {
    world.unanswered--;
    world.note(`${short(workspaceId)} answered: ${answer}`);
  };
  const signal = new AbortController().signal;
  controller.lifecycle.ensureRunning(workspaceId, signal).then(
    (sandbox) => answered(`epoch ${sandbox.epoch}`),
    (error) => answered(error instanceof CellbookError ? error.code : 'a bug'),
  );
}

async function ask(
  world: World,
  desired: 'running' | 'suspended' | 'deleted',
  from: readonly ('running' | 'suspended' | 'deleted')[],
): Promise<void> {
  const workspaceId = pick(world, world.workspaceIds);
  const nowMs = world.clock.nowMs();
  const row = await world.store.request(workspaceId, { desired, from, undoUntilMs: nowMs + undoMs, nowMs });
  world.note(`the owner asks ${short(workspaceId)} to be ${desired}: ${row ? row.generation : 'refused'}`);
}

function codeWrites(world: World): void {
  for (const sandbox of world.sandboxes) {
    const { workspaceId, state } = sandbox;
    const volume = world.volumes.volumes.get(workspaceId);
    if (state !== 'live' || !volume) continue;
    if (volume.live === null) world.judge(`a sandbox of ${workspaceId} runs without its files`);
    else volume.live++;
    world.remember(sandbox);
  }
}

/** Also of those that sleep: a host may need its memory for something else. */
function endSandbox(world: World): void {
  const ended = world.sandboxes.filter(({ state }) => state !== 'starting');
  if (ended.length === 0) return;
  const { sandboxId } = pick(world, ended);
  const outOfMemory = { reason: 'out_of_memory', memoryBytesMax: 2 ** 30 } as const;
  for (const { driver } of world.hosts) driver.remove(sandboxId, outOfMemory);
}

/** For good, where there is another: everything is to leave it. */
function drainHost(world: World): void {
  const [first, second] = world.hosts;
  if (!first || !second || !first.host.isOpen) return;
  world.note(`${first.hostId} drains`);
  first.host.refuseNew();
}

function crashController(world: World): void {
  const alive = world.controllers.filter(({ gate }) => !gate.crashed);
  const victim = pick(world, alive);
  world.note(`${victim.name} crashes`);
  victim.gate.crash();
  // Its callers lost their connection with it.
  world.addController();
}

async function settle(world: World): Promise<void> {
  world.note('the trouble ends');
  world.failureRate = 0;
  world.pauseRate = 0;
  // More may be wanted than there are places: keep as many as fit.
  const wanted = [...world.rows.values()].filter(({ desired }) => desired === 'running');
  for (const { id } of wanted.slice(world.capacity)) {
    await world.store.request(id, { desired: 'suspended', from: ['running'], nowMs: world.clock.nowMs() });
  }
  await world.pass(300_000);
  const rows = (await rowsOf(world)).map((row) => world.seenWorkspace(row));
  const nowMs = world.clock.nowMs();
  const rests = (await Promise.all(world.hosts.map(({ hostId }) => world.rests.listOnHost(hostId)))).flat();
  const sandboxes = invariants.withoutThoseInTheirLiveTime(world.sandboxes, rests, nowMs);
  for (const row of rows) world.judge(invariants.eventually_as_wanted(row, sandboxes));
  world.judge(invariants.eventually_no_rest_outlives(rows, rests, nowMs));
  const lost = world.controllers.filter(({ gate }) => gate.crashed).length > 0;
  if (!lost) world.judge(invariants.eventually_every_caller_has_an_answer(world.unanswered));
  await world.pass(undoMs + limits.lifecycle.sweepIntervalMs * 2);
  for (const row of await rowsOf(world)) {
    if (row.desired === 'deleted' && row.purgedAtMs === null) world.judge(`${row.id} is never purged`);
  }
  if (world.broken) throw new InvariantBroken(world.broken);
}

async function rowsOf(world: World) {
  const rows = await Promise.all(world.workspaceIds.map((id: WorkspaceId) => world.store.get(id)));
  return rows.filter((row) => row !== null);
}

function pick<Item>(world: World, items: readonly Item[]): Item {
  const item = items[world.random.int(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
