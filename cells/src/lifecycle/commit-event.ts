/** Applies one event to a workspace's row: by the transition function, under the lease, with its record. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { type PhaseEvent, transition } from './phases.ts';
import type { LeaseStore } from './stores/lease-store.ts';
import type { NewTransition } from './stores/transition-store.ts';
import { phaseStateOf, type WorkspaceRow } from './stores/workspace-row.ts';
import type { WorkspaceStore } from './stores/workspace-store.ts';

export interface CommitTools {
  store: WorkspaceStore & LeaseStore;
  clock: Clock;
  holder: string;
  /** Told of every row written here, before anybody else can know. */
  observeRow(row: WorkspaceRow): void;
}

/** What goes into the same write. */
export interface WrittenWith {
  /** Where sandbox and live files are from now on. */
  hostId: HostId | null;
  /** Entries of the record, before and after that of the event. */
  before?: readonly NewTransition[];
  after?: readonly NewTransition[];
  /** The lease ends with it. */
  release?: boolean;
}

/** The owner may change his mind between our reading and our writing; so often in a row he does not. */
const attemptsMax = 20;

export async function commitEvent(
  tools: CommitTools,
  row: WorkspaceRow,
  event: PhaseEvent,
  { hostId, before = [], after = [], release = false }: WrittenWith,
): Promise<WorkspaceRow> {
  let current = row;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const moved = transition(phaseStateOf(current), event);
    if (!moved.accepted) throw refused(moved.code, current, event);
    const guard = { holder: tools.holder, epoch: event.epoch, generation: current.generation };
    const change: NewTransition = {
      workspaceId: current.id,
      generation: event.generation,
      epoch: event.epoch,
      holder: tools.holder,
      atMs: tools.clock.nowMs(),
      kind: 'phase',
      event: event.type,
      from: current.phase,
      to: moved.state.phase,
      problem: moved.state.problem?.text ?? null,
      ...(event.type === 'sandbox_started' && { resume: event.resume }),
    };
    const transitions = [...before, change, ...after];
    const result = await tools.store.commit(current.id, guard, {
      ...{ state: moved.state, hostId, transitions, release },
    });
    if (result.committed) {
      tools.observeRow(result.row);
      return result.row;
    }
    if (result.reason === 'lease_lost') throw refused('stale_epoch', current, event);
    current = await reread(tools, current.id);
  }
  throw refused('conflict', current, event);
}

async function reread(tools: CommitTools, workspaceId: WorkspaceId): Promise<WorkspaceRow> {
  const row = await tools.store.get(workspaceId);
  if (row) return row;
  throw new CellbookError('not_found', {
    doing: `reading workspace ${workspaceId} again`,
    problem: 'its row is gone',
    ids: { workspaceId },
  });
}

const refused = (
  code: 'stale_epoch' | 'invalid_transition' | 'conflict',
  row: WorkspaceRow,
  event: PhaseEvent,
): CellbookError =>
  new CellbookError(code, {
    doing: `recording ${event.type} for workspace ${row.id}`,
    problem: `it is ${row.phase} in epoch ${row.epoch} and generation ${row.generation}`,
    ids: { workspaceId: row.id, epoch: event.epoch, generation: event.generation },
  });
