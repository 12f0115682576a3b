/** One workspace as its stores hold it: identity, intent, phase, lease. Times are milliseconds since 1970. */
import type { ErrorCode } from '@cellbook/shared/errors.ts';
import type { HostId, OrgId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { Desired, Phase } from '@cellbook/shared/protocol/workspace.ts';
import type { ResumeReport } from '../../ladder/resume-report.ts';
import type { PhaseState } from '../phases.ts';

export interface WorkspaceRow {
  id: WorkspaceId;
  ownerId: UserId;
  orgId: OrgId;
  tier: Tier;
  name: string;
  desired: Desired;
  phase: Phase;
  generation: number;
  epoch: number;
  dormant: boolean;
  idleSuspendSeconds: number | null;
  /** What it uses is counted for this team, too. */
  team: string | null;
  lastRung: Rung | null;
  lastResume: ResumeReport | null;
  problem: string | null;
  problemCode: ErrorCode | null;
  attempts: number;
  retryAtMs: number | null;
  leaseHolder: string | null;
  leaseExpiresAtMs: number | null;
  /** Where its sandbox and live files are; null when it has none. */
  hostId: HostId | null;
  createdAtMs: number;
  lastActiveAtMs: number;
  undoUntilMs: number | null;
  purgedAtMs: number | null;
  createKey: string;
  revision: number;
}

export interface NewWorkspace {
  id: WorkspaceId;
  ownerId: UserId;
  orgId: OrgId;
  tier: Tier;
  name: string;
  desired: 'running' | 'suspended';
  idleSuspendSeconds: number | null;
  /** It was chosen for this one; otherwise what its owner has chosen for all goes before it. */
  idleOwn?: boolean;
  team?: string | null;
  nowMs: number;
  createKey: string;
}

/** The part of a row that only `transition` may change. */
export function phaseStateOf(row: WorkspaceRow): PhaseState {
  const { phase, generation, epoch, dormant, attempts, retryAtMs, lastRung, lastResume, purgedAtMs } = row;
  const problem = row.problem === null ? null : { code: row.problemCode ?? 'internal', text: row.problem };
  return {
    ...{ phase, generation, epoch, dormant, problem, attempts, retryAtMs },
    ...{ lastRung, lastResume, purgedAtMs },
  };
}

/** Whether the sweep should look at it; the Postgres store asks the same in SQL. */
export function needsWork(row: WorkspaceRow, holder: string, nowMs: number): boolean {
  if (row.purgedAtMs !== null) return false;
  switch (row.phase) {
    case 'suspended':
      return row.desired === 'deleted' || (row.desired === 'running' && !row.dormant);
    case 'failed':
      return row.retryAtMs === null || row.retryAtMs <= nowMs;
    case 'deleted':
      return row.desired !== 'deleted' || (row.undoUntilMs ?? 0) <= nowMs;
    case 'running':
      // Its holder watches over a running one itself.
      return row.desired !== 'running' || row.leaseHolder !== holder;
    default:
      return true;
  }
}
