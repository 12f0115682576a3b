import { usageAnswerSchema } from '@cellbook/shared/protocol/quota.ts';
import type { WorkspaceQuotas } from '../../quotas/quota-guard.ts';
import { mayAlso, needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';

export function registerUsage(app: ApiScope, { quotas }: { quotas: WorkspaceQuotas }): void {
  const schema = {
    operationId: 'getUsage',
    summary:
      'What you and your organisation use of what you may; of the organisation in all cells, as they last told',
    tags: ['usage'],
    response: { 200: usageAnswerSchema },
  };
  app.get('/v1/usage', { schema, ...needs('workspace.list') }, async ({ principal }) => {
    const { sub: ownerId, org: orgId, tier } = principal;
    const { user, organisation } = await quotas.usage({ ownerId, orgId, tier });
    return { user, organisation: mayAlso(principal, 'org.read', 'org') ? organisation : null };
  });
}
