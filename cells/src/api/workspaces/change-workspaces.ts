import { limits } from '@cellbook/shared/limits.ts';
import type { IdleRules } from '@cellbook/shared/protocol/quota.ts';
import { type Desired, workspaceSchema } from '@cellbook/shared/protocol/workspace.ts';
import { editWorkspaceSchema } from '@cellbook/shared/protocol/workspace-api.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { IdleChoice } from '../../lifecycle/stores/workspace-store.ts';
import { assertIdleAllowed } from '../../quotas/idle-allowed.ts';
import { requestRunning } from '../../quotas/request-running.ts';
import { needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';
import {
  answerChange,
  type WorkspaceDeps,
  workspaceParams,
  writeHeaders,
  writeOnce,
} from './workspace-deps.ts';

interface IntentRoute {
  doing: string;
  desired: Desired;
  from: readonly Desired[];
}

const suspend: IntentRoute = {
  doing: 'suspending a workspace',
  desired: 'suspended',
  from: ['running', 'suspended'],
};
const resume: IntentRoute = {
  doing: 'resuming a workspace',
  desired: 'running',
  from: ['running', 'suspended'],
};
const remove: IntentRoute = {
  doing: 'deleting a workspace',
  desired: 'deleted',
  from: ['running', 'suspended', 'deleted'],
};
/** Of one that was brought back already this is a suspend of a suspended one: harmless, like a second click. */
const restore: IntentRoute = {
  doing: 'bringing a deleted workspace back',
  desired: 'suspended',
  from: ['deleted', 'suspended'],
};

const operating = needs('workspace.operate');

export function registerChangeWorkspaces(app: ApiScope, deps: WorkspaceDeps): void {
  const { store, clock } = deps;
  const common = {
    tags: ['workspaces'],
    params: workspaceParams,
    headers: writeHeaders,
    response: { 200: workspaceSchema },
  };

  const change = (route: IntentRoute) => async (request: FastifyRequest, reply: FastifyReply) =>
    writeOnce(deps, request, reply, async () => {
      const { workspaceId } = workspaceParams.parse(request.params);
      const { desired, from, doing } = route;
      const nowMs = clock.nowMs();
      const undoUntilMs = nowMs + limits.lifecycle.deleteUndoMs;
      const wanted = { desired, from, nowMs, undoUntilMs };
      const row = await (desired === 'running'
        ? requestRunning(deps, workspaceId, wanted, doing)
        : store.request(workspaceId, wanted));
      return answerChange(deps, row, workspaceId, doing);
    });

  app.patch(
    '/v1/workspaces/:workspaceId',
    {
      schema: {
        ...common,
        operationId: 'editWorkspace',
        summary: 'Rename, or set the idle policy or the team',
        body: editWorkspaceSchema,
      },
      ...operating,
    },
    async (request, reply) =>
      writeOnce(deps, request, reply, async () => {
        const { workspaceId } = request.params;
        const { name, idleSuspendSeconds, team } = request.body;
        const doing = 'changing a workspace';
        const before = idleSuspendSeconds === undefined ? null : await store.get(workspaceId);
        const idle = before && idleOf(idleSuspendSeconds, await deps.quotas.idleRules(before), doing);
        const changes = {
          ...(name !== undefined && { name }),
          ...(idle && { idle }),
          ...(team !== undefined && { team }),
        };
        return answerChange(deps, await store.edit(workspaceId, changes), workspaceId, doing);
      }),
  );

  const described = (operationId: string, summary: string) => ({
    schema: { ...common, operationId, summary },
    ...operating,
  });
  const path = '/v1/workspaces/:workspaceId';
  app.post(
    `${path}/suspend`,
    described('suspendWorkspace', 'Suspend: files are kept, memory is freed'),
    change(suspend),
  );
  app.post(
    `${path}/resume`,
    described('resumeWorkspace', 'Resume; also cuts the wait for a retry short'),
    change(resume),
  );
  app.delete(path, described('deleteWorkspace', 'Delete; can be undone until undoUntil'), change(remove));
  app.post(
    `${path}/undelete`,
    described('undeleteWorkspace', 'Bring a deleted workspace back'),
    change(restore),
  );
}

function idleOf(
  asked: z.infer<typeof editWorkspaceSchema>['idleSuspendSeconds'],
  rules: IdleRules,
  doing: string,
): IdleChoice | undefined {
  if (asked === undefined) return undefined;
  if (asked === 'usual') return { usualOr: rules.secondsDefault };
  assertIdleAllowed(asked, rules, doing);
  return { own: asked };
}
