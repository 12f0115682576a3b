import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { idempotencyKeyHeader, idempotencyKeySchema } from '@cellbook/shared/protocol/workspace-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { noteAudit } from '../../audit/note-audit.ts';
import type { RestStore } from '../../ladder/rest-store.ts';
import type { Recovered } from '../../lifecycle/recover/recover.ts';
import type { TransitionStore } from '../../lifecycle/stores/transition-store.ts';
import type { WorkspaceRow } from '../../lifecycle/stores/workspace-row.ts';
import type { WorkspaceStore } from '../../lifecycle/stores/workspace-store.ts';
import type { WorkspaceQuotas } from '../../quotas/quota-guard.ts';
import type { WorkspaceVolumes } from '../../storage/workspace-volumes.ts';
import type { QueueFeed } from '../events/queue-feed.ts';
import type { IdempotencyStore, StoredAnswer } from '../idempotency/idempotency-store.ts';
import { type OnceDeps, once } from '../idempotency/once.ts';
import { presentWorkspace } from './present.ts';

export interface WorkspaceDeps {
  store: WorkspaceStore;
  transitions: TransitionStore;
  /** What is kept of their memory. */
  rests: Pick<RestStore, 'get'>;
  /** Where they stand among those that wait to start; none waits where it is absent. */
  queue?: Pick<QueueFeed, 'placeOf'>;
  idempotency: IdempotencyStore;
  volumes: Pick<WorkspaceVolumes, 'create'>;
  quotas: WorkspaceQuotas;
  clock: Clock;
  random: Random;
  recover(workspaceId: WorkspaceId): Promise<Recovered>;
  /** A row was written: look at it now. */
  changed(row: WorkspaceRow): void;
}

export const workspaceParams = z.object({ workspaceId: workspaceIdSchema });
export const writeHeaders = z.looseObject({ [idempotencyKeyHeader]: idempotencyKeySchema.optional() });

/** Runs a write once per key, if it has one, and sends its answer. */
export async function writeOnce(
  deps: OnceDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (claimId: string) => Promise<StoredAnswer>,
): Promise<FastifyReply> {
  const key = writeHeaders.parse(request.headers)[idempotencyKeyHeader];
  const { sub: userId, org } = request.principal;
  // What he did with this key in another organisation is not what he asks for in this one.
  const route = `${request.method} ${request.url.split('?')[0]} in ${org}`;
  const answer =
    key === undefined
      ? await work(deps.random.uuid())
      : await once(deps, { userId, route, key, body: request.body }, work);
  const made = z.object({ id: workspaceIdSchema }).safeParse(answer.body);
  if (made.success) noteAudit(request, { which: { kind: 'workspace', id: made.data.id } });
  return reply.code(answer.status).send(answer.body);
}

/** A change of intent as an answer: what is wanted now, and `changed` told of it. */
export async function answerChange(
  deps: WorkspaceDeps,
  row: WorkspaceRow | null,
  workspaceId: WorkspaceId,
  doing: string,
): Promise<StoredAnswer> {
  if (row === null) throw await whyNot(deps, workspaceId, doing);
  deps.changed(row);
  return { status: 200, body: presentWorkspace(row) };
}

async function whyNot(deps: WorkspaceDeps, workspaceId: WorkspaceId, doing: string): Promise<CellbookError> {
  const row = await deps.store.get(workspaceId);
  const ids = { workspaceId };
  if (row?.purgedAtMs === null && row.desired === 'deleted' && (row.undoUntilMs ?? 0) > deps.clock.nowMs()) {
    const next = `POST /v1/workspaces/${workspaceId}/undelete brings it back.`;
    return new CellbookError('gone', { doing, problem: 'the workspace is deleted', next, ids });
  }
  if (!row || row.desired === 'deleted') {
    return new CellbookError('gone', { doing, problem: 'the workspace is deleted for good', ids });
  }
  const problem = `the workspace is wanted ${row.desired} already`;
  return new CellbookError('invalid_transition', { doing, problem, next: 'Read it again.', ids });
}
