import { CellbookError } from '@cellbook/shared/errors.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { workspaceSchema } from '@cellbook/shared/protocol/workspace.ts';
import {
  type CreateWorkspace,
  createWorkspaceSchema,
  idempotencyKeyHeader,
} from '@cellbook/shared/protocol/workspace-api.ts';
import type { NewWorkspace } from '../../lifecycle/stores/workspace-row.ts';
import { assertIdleAllowed } from '../../quotas/idle-allowed.ts';
import { takenMeanwhile } from '../../quotas/refusals.ts';
import { needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';
import { presentWorkspace } from './present.ts';
import { type WorkspaceDeps, writeHeaders, writeOnce } from './workspace-deps.ts';

/** Without a key a repeated create would make a second workspace, so here it is asked for. */
export function registerCreateWorkspace(app: ApiScope, deps: WorkspaceDeps): void {
  const schema = {
    operationId: 'createWorkspace',
    summary: 'Create a workspace',
    description: 'Needs an Idempotency-Key; the same key and body give the same workspace for a day.',
    tags: ['workspaces'],
    headers: writeHeaders,
    body: createWorkspaceSchema,
    response: { 201: workspaceSchema },
  };
  app.post('/v1/workspaces', { schema, ...needs('workspace.create') }, async (request, reply) => {
    if (request.headers[idempotencyKeyHeader] === undefined) throw keyMissing();
    return writeOnce(deps, request, reply, (claimId) =>
      create(deps, request.principal, request.body, claimId),
    );
  });
}

async function create(deps: WorkspaceDeps, principal: Principal, body: CreateWorkspace, createKey: string) {
  const { store, volumes, quotas, clock, random } = deps;
  const workspace: NewWorkspace = {
    id: newWorkspaceId(random),
    ownerId: principal.sub,
    orgId: principal.org,
    tier: principal.tier,
    name: body.name,
    desired: body.desired,
    idleSuspendSeconds: await idleSecondsFor(quotas, principal, body.idleSuspendSeconds),
    idleOwn: body.idleSuspendSeconds !== undefined,
    team: body.team ?? null,
    nowMs: clock.nowMs(),
    createKey,
  };
  const allowed = await quotas.toCreate(workspace);
  let row = await store.create(workspace, allowed);
  for (let attempt = 1; !row; attempt++) {
    if (attempt === limits.quota.attemptsMax) throw takenMeanwhile('creating a workspace');
    await quotas.makeRoomToCreate(workspace, body.desired === 'running');
    row = await store.create(workspace, allowed);
  }
  await volumes.create(row.id);
  deps.changed(row);
  return { status: 201, body: presentWorkspace(row) };
}

async function idleSecondsFor(
  quotas: WorkspaceDeps['quotas'],
  { sub: ownerId, org: orgId, tier }: Principal,
  chosen: number | null | undefined,
): Promise<number | null> {
  const rules = await quotas.idleRules({ ownerId, orgId, tier });
  if (chosen === undefined) return rules.secondsDefault;
  assertIdleAllowed(chosen, rules, 'creating a workspace');
  return chosen;
}

const keyMissing = (): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'creating a workspace',
    problem: 'the request has no Idempotency-Key header',
    next: 'Send one, such as a new UUID, and the same one when you repeat the request.',
  });
