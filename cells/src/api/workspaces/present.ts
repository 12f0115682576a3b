/** Rows as the API shows them. */
import type { Kept } from '@cellbook/shared/protocol/resume.ts';
import type { Workspace } from '@cellbook/shared/protocol/workspace.ts';
import type { TransitionEntry } from '@cellbook/shared/protocol/workspace-api.ts';
import { isFrozen, type Rest } from '../../ladder/rest.ts';
import { presentResume } from '../../ladder/resume-report.ts';
import type { TransitionRow } from '../../lifecycle/stores/transition-store.ts';
import type { WorkspaceRow } from '../../lifecycle/stores/workspace-row.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

export function presentWorkspace(row: WorkspaceRow): Workspace {
  const { id, ownerId, name, desired, phase, generation, idleSuspendSeconds, team, lastRung } = row;
  const { lastResume, problem } = row;
  return {
    id,
    ownerId,
    name,
    desired,
    phase,
    generation,
    idleSuspendSeconds,
    team,
    lastRung,
    lastResume: lastResume && presentResume(lastResume),
    problem,
    createdAt: iso(row.createdAtMs),
    lastActiveAt: iso(row.lastActiveAtMs),
    undoUntil: row.undoUntilMs === null ? null : iso(row.undoUntilMs),
  };
}

/** A rest that its host has lost, or that is taken back this moment, may be told a while longer. */
export function presentKept({ phase }: WorkspaceRow, rest: Rest | null): Kept {
  if (rest === null || phase === 'running' || phase === 'deleted') return 'none';
  return isFrozen(rest) ? 'live' : 'memory';
}

export function presentTransition(row: TransitionRow): TransitionEntry {
  const isPhase = row.kind === 'phase';
  return {
    id: row.id,
    kind: row.kind,
    step: isPhase ? row.event : row.step,
    from: isPhase ? row.from : null,
    to: isPhase ? row.to : null,
    outcome: row.kind === 'outcome' ? row.outcome : null,
    durationMs: row.kind === 'outcome' ? Math.round(row.durationMs) : null,
    problem: row.kind === 'intent' ? null : row.problem,
    resume: isPhase && row.resume ? presentResume(row.resume) : null,
    generation: row.generation,
    epoch: row.epoch,
    at: iso(row.atMs),
  };
}
