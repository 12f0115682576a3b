/** `/v1/settings/idle`: the caller's own, in the organisation he acts in. Repeating a write changes nothing more. */
import { chooseIdleSchema, type IdleUsual, idleUsualSchema } from '@cellbook/shared/protocol/idle-api.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import type { WorkspaceRow } from '../../lifecycle/stores/workspace-row.ts';
import { assertIdleAllowed } from '../../quotas/idle-allowed.ts';
import type { IdleUsuals } from '../../quotas/idle-usuals.ts';
import type { WorkspaceQuotas } from '../../quotas/quota-guard.ts';
import { needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';

export interface IdleRouteDeps {
  idleUsuals: Pick<IdleUsuals, 'of' | 'choose' | 'forget'>;
  quotas: Pick<WorkspaceQuotas, 'idleRules'>;
  /** A row was written: look at it now. */
  changed(row: WorkspaceRow): void;
}

const path = '/v1/settings/idle';
const common = { tags: ['settings'], response: { 200: idleUsualSchema } };

export function registerIdleRoutes(app: ApiScope, deps: IdleRouteDeps): void {
  const described = (operationId: string, summary: string) => ({ ...common, operationId, summary });
  const read = described('getIdleSetting', 'How long your workspaces may be unused, where they say nothing');
  app.get(path, { schema: read, ...needs('workspace.list', 'caller') }, ({ principal }) =>
    present(deps, principal),
  );
  const choose = {
    ...described('chooseIdleSetting', 'Choose it; a workspace’s own idle time goes before it'),
    body: chooseIdleSchema,
  };
  app.put(path, { schema: choose, ...needs('workspace.create', 'caller') }, async ({ principal, body }) => {
    const { idleSuspendSeconds: seconds } = body;
    const tenant = tenantOf(principal);
    assertIdleAllowed(seconds, await deps.quotas.idleRules(tenant), 'choosing an idle time');
    (await deps.idleUsuals.choose(tenant, seconds)).forEach(deps.changed);
    return present(deps, principal);
  });
  const forget = described('forgetIdleSetting', 'Go by your organisation’s, or your tier’s, again');
  app.delete(path, { schema: forget, ...needs('workspace.create', 'caller') }, async ({ principal }) => {
    const tenant = tenantOf(principal);
    const { secondsDefault } = await deps.quotas.idleRules(tenant);
    (await deps.idleUsuals.forget(tenant, secondsDefault)).forEach(deps.changed);
    return present(deps, principal);
  });
}

async function present({ idleUsuals, quotas }: IdleRouteDeps, principal: Principal): Promise<IdleUsual> {
  const tenant = tenantOf(principal);
  const [chosen, rules] = await Promise.all([idleUsuals.of(tenant), quotas.idleRules(tenant)]);
  const idleSuspendSeconds = chosen === null ? rules.secondsDefault : chosen.seconds;
  return { idleSuspendSeconds, isChosen: chosen !== null, secondsMax: rules.secondsMax };
}

const tenantOf = ({ sub: ownerId, org: orgId, tier }: Principal) => ({ ownerId, orgId, tier });
