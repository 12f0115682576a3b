/**
 * What must hold of a running cell after a crash, judged by the simulation's own functions
 * (lifecycle/sim/invariants.ts) over what Postgres and this machine show.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema, newSandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { createPostgresRestStore } from '../../../ladder/postgres-rest-store.ts';
import { isFrozen } from '../../../ladder/rest.ts';
import { createPostgresManifestStore } from '../../../storage/manifests/postgres-manifest-store.ts';
import type { StepName } from '../../plan.ts';
import * as invariants from '../../sim/invariants.ts';
import { PostgresTransitionStore } from '../../stores/postgres-transition-store.ts';
import { PostgresWorkspaceStore } from '../../stores/postgres-workspace-store.ts';
import type { TransitionRow } from '../../stores/transition-store.ts';
import { phaseStateOf, type WorkspaceRow } from '../../stores/workspace-row.ts';
import { type CrashCell, crashHostId } from './crash-cell.ts';
import { type HostView, viewHost } from './host-view.ts';
import { missingFiles, type Subject } from './subject.ts';
import { until } from './until.ts';

const transitionsRead = 2_000;

/** What is wrong with one workspace; empty when all holds. */
export async function judgeWorkspace(
  cell: CrashCell,
  subject: Subject,
  wanted: Phase | 'purged',
  dead: WorkspaceRow,
): Promise<string[]> {
  const { row, isAsWanted } = await untilAsWanted(cell, subject);
  if (!row) return [`workspace ${subject.id} has no row`];
  const at = row.purgedAtMs !== null ? 'purged' : row.phase;
  const newest = await new PostgresTransitionStore(cell.database).list(subject.id, null, transitionsRead);
  const chain = newest.reverse();
  const wrong = [
    at === wanted ? null : `workspace ${subject.id} is ${at} and should be ${wanted}`,
    isAsWanted,
    row.phase === 'running' && row.lastResume === null ? `${subject.id} does not say how it came back` : null,
    invariants.always_a_chain(subject.id, chain.map(seenTransition)),
    invariants.always_older_epochs_refused(subject.id, await acceptOlder(cell, row, dead, chain)),
  ];
  if (wanted !== 'purged') {
    if (wanted === 'deleted') await undelete(cell, subject);
    wrong.push(invariants.always_acknowledged_saves_are_kept(subject.id, await missingFiles(cell, subject)));
  }
  return wrong.filter((text) => text !== null);
}

/** A row may say that it runs a moment before its new owner has taken the sandbox over. */
async function untilAsWanted(cell: CrashCell, { id }: Subject) {
  const store = new PostgresWorkspaceStore(cell.database);
  let row: WorkspaceRow | null = null;
  let isAsWanted: string | null = null;
  const look = async (): Promise<boolean> => {
    row = await store.get(id);
    const sandboxes = await sandboxesAtWork(cell);
    isAsWanted =
      row && invariants.eventually_as_wanted({ ...row, purged: row.purgedAtMs !== null }, sandboxes);
    return isAsWanted === null;
  };
  await until('it is as wanted', look, 20_000).catch(() => {});
  return { row: row as WorkspaceRow | null, isAsWanted };
}

/** Those that sleep, and may, are not at work. */
async function sandboxesAtWork(cell: CrashCell) {
  const { records } = await viewHost(cell);
  const rests = await createPostgresRestStore(cell.database).listOnHost(hostIdSchema.parse(crashHostId));
  const asleep = new Set(rests.filter(isFrozen).map(({ sandboxId }) => sandboxId));
  const sandboxes = records.map(({ sandboxId, workspaceId, epoch }) => {
    const state = asleep.has(sandboxId) ? ('frozen' as const) : ('live' as const);
    return { sandboxId, workspaceId, epoch, state };
  });
  return invariants.withoutThoseInTheirLiveTime(sandboxes, rests, systemClock.nowMs());
}

/** Memory that is kept of nobody. */
export async function judgeImages(cell: CrashCell): Promise<string[]> {
  if (!cell.keepsMemory) return [];
  const directory = join(cell.hostDataDirectory, 'host', 'images');
  const left = async () => (await readdir(directory).catch(() => [])).map((name) => `an image: ${name}`);
  // Of a resume that was cut short it is the sweep's.
  const sweptMs = limits.snapshots.sweepEveryMs + 10_000;
  await until('no image is left', async () => (await left()).length === 0, sweptMs).catch(() => {});
  const rests = await createPostgresRestStore(cell.database).listOnHost(hostIdSchema.parse(crashHostId));
  return [...(await left()), ...rests.map(({ workspaceId }) => `what ${workspaceId} keeps`)];
}

/** What is wrong with the machine, once everything rests. */
export async function judgeHost(cell: CrashCell, running: ReadonlySet<string>): Promise<string[]> {
  let view: HostView = await viewHost(cell);
  const leaked = () => invariants.eventually_nothing_leaked(view.things, running);
  // A lazily unmounted home or an ending process may take a moment longer than what asked for it.
  await until(
    'nothing is left over',
    async () => {
      view = await viewHost(cell);
      return leaked() === null;
    },
    10_000,
  ).catch(() => {});
  const sandboxes = view.records.map(({ workspaceId, epoch }) => ({
    workspaceId,
    epoch,
    state: 'live' as const,
  }));
  const wrong = [
    leaked(),
    invariants.always_one_sandbox_per_workspace(sandboxes),
    invariants.always_within_capacity(sandboxes, cell.capacity),
  ];
  return wrong.filter((text) => text !== null);
}

const seenTransition = (row: TransitionRow): invariants.SeenTransition => ({
  kind: row.kind,
  epoch: row.epoch,
  what: row.kind === 'phase' ? row.event : row.step,
  from: row.kind === 'phase' ? row.from : null,
  to: row.kind === 'phase' ? row.to : null,
});

/** Tries to act as the dead one would if it woke, and says who let it. */
async function acceptOlder(
  cell: CrashCell,
  row: WorkspaceRow,
  dead: WorkspaceRow,
  chain: readonly TransitionRow[],
): Promise<string[]> {
  const accepted: string[] = [];
  const { id: workspaceId, generation } = row;
  const { epoch, leaseHolder } = dead;
  const doneSteps = chain.flatMap((entry) =>
    entry.kind === 'outcome' && entry.outcome === 'ok' && entry.epoch === row.epoch ? [entry.step] : [],
  );
  const holder = leaseHolder ?? 'nobody';
  if (epoch < row.epoch) {
    const store = new PostgresWorkspaceStore(cell.database);
    const entry = { workspaceId, generation, epoch, holder, atMs: 0, kind: 'phase' } as const;
    const transition = {
      ...entry,
      event: 'a woken controller',
      from: row.phase,
      to: row.phase,
      problem: null,
    };
    const commit = { state: phaseStateOf(row), hostId: row.hostId, transitions: [transition] };
    if ((await store.commit(workspaceId, { holder, epoch, generation }, commit)).committed)
      accepted.push('the row');
  }
  const manifests = createPostgresManifestStore(cell.database);
  const volume = await manifests.read(workspaceId);
  if (!volume) return accepted;
  // Whoever brought files to the host or took them off it has put his epoch on them.
  const movedFiles = doneSteps.some((step) => step === 'attach_files' || step === 'detach_files');
  if (movedFiles && volume.epoch < row.epoch) accepted.push('the files, which carry no newer one');
  const isKnownThere =
    doneSteps.some((step) => stepsAtHost.has(step)) || (await seenByHost(cell, row)) >= row.epoch;
  if (cell.daemon && epoch < row.epoch && isKnownThere)
    accepted.push(...(await acceptedByHost(cell, row, epoch)));
  const older = volume.epoch - 1;
  if (older < 0) return accepted;
  const write = { workspaceId, expectedVersion: volume.version, epoch: older, root: '0'.repeat(64) };
  const attempts = {
    'a claim': () => manifests.claim(workspaceId, older, anyHost),
    'a release': () => manifests.release(workspaceId, older),
    'a commit': () => manifests.commit({ ...write, reason: 'save', committedAtMs: 0 }),
  };
  for (const [what, attempt] of Object.entries(attempts)) if (!(await isStale(attempt))) accepted.push(what);
  return accepted;
}

const anyHost = hostIdSchema.parse('a-woken-host');

/** Those that cannot be done without asking the host; the others may find that nothing is left to do there. */
const stepsAtHost: ReadonlySet<string> = new Set<StepName>([
  ...(['adopt_sandbox', 'attach_files', 'start_sandbox', 'sleep_sandbox'] as const),
]);

/** The newest owner who has acted there, as the daemon has it on disk. */
async function seenByHost(cell: CrashCell, { id }: WorkspaceRow): Promise<number> {
  const book = join(cell.hostDataDirectory, 'host', 'epochs', id);
  return Number(await readFile(book, 'utf8').catch(() => '0'));
}

/** Asked to stop, take over and start in the name of the dead one, as he would over the wire. */
async function acceptedByHost(cell: CrashCell, { id }: WorkspaceRow, epoch: number): Promise<string[]> {
  const command = async (name: string, body: unknown) => {
    const answer = await cell.commandHost(`/v1/workspaces/${id}/${name}`, body);
    // A start is refused for its directory, too: the files are another's by then.
    const isRefused = name === 'start' ? answer.status === 409 : refusal.safeParse(answer.body).success;
    return isRefused ? [] : [`the host's ${name}`];
  };
  return [
    ...(await command('stop', { epoch })),
    ...(await command('adopt', { epoch })),
    ...(await command('start', startOf(epoch))),
  ];
}

const refusal = z.object({ code: z.literal('stale_epoch') });

const startOf = (epoch: number) => ({
  ...{ epoch, sandboxId: newSandboxId(systemRandom), homeDirectory: '/nowhere', environment: {} },
  limits: { memoryBytesMax: 1, cpuMillisMax: 1, pidsMax: 1, diskBytesMax: 1 },
});

async function isStale(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    return error instanceof CellbookError && error.code === 'stale_epoch';
  }
}

async function undelete(cell: CrashCell, { user, id }: Subject): Promise<void> {
  await cell.call(user, 'POST', `/v1/workspaces/${id}/undelete`);
  const store = new PostgresWorkspaceStore(cell.database);
  await until('it is brought back', async () => (await store.get(id))?.phase === 'suspended');
}
