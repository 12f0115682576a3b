/** Organisations: those one is in, making one, and what is decided for one. */

import { CellbookError } from '@cellbook/shared/errors.ts';
import { newOrgId } from '@cellbook/shared/ids.ts';
import { noteAudit } from '../audit/note-audit.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { idempotentRandom } from '../idempotent-random.ts';
import { readJson } from '../read-body.ts';
import { json } from '../responses/json.ts';
import {
  auditPolicyBody,
  changeOrgBody,
  newOrgBody,
  policyBody,
  shownAuditPolicy,
  shownMembership,
  shownOrg,
} from './answers.ts';
import { missing, orgIdOf } from './missing.ts';

type Answer = GuardedRoute['answer'];

export const listOrgs: Answer = async ({ ask, identity }) => {
  const found = await ask.edge.orgs.listOf(identity.sub);
  return json({ orgs: found.map((org) => shownMembership(org, identity.org)) });
};

export const createOrg: Answer = async ({ ask, identity }) => {
  const { name } = await readJson(ask.request, newOrgBody, 'creating an organisation');
  const id = newOrgId(await idempotentRandom(ask, identity, 'org'));
  const org = await ask.edge.orgs.create({ id, name, ownerId: identity.sub }, ask.edge.clock.nowMs());
  if (org.name !== name) throw keyReused('creating an organisation');
  noteAudit(ask, { which: { kind: 'org', id: org.id, org: org.id }, details: { name } });
  return json(shownOrg(org), 201);
};

export const getOrg: Answer = async ({ ask, params }) => {
  const org = await ask.edge.orgs.get(orgIdOf(params));
  if (!org) throw noOrg();
  return json(shownOrg(org));
};

export const changeOrg: Answer = async ({ ask, params }) => {
  const { name } = await readJson(ask.request, changeOrgBody, 'changing an organisation');
  const org = await ask.edge.orgs.rename(orgIdOf(params), name);
  if (!org) throw noOrg();
  return json(shownOrg(org));
};

export const setPolicy: Answer = async ({ ask, params }) => {
  const { edge } = ask;
  const doing = 'setting the policy of an organisation';
  const policy = await readJson(ask.request, policyBody, doing);
  const regions = edge.config.CELLBOOK_REGIONS.map(({ id }) => id);
  if (policy.region !== null && !regions.includes(policy.region))
    throw new CellbookError('bad_request', {
      doing,
      problem: `region: there is no region ${policy.region}`,
      next: `Choose one of ${regions.join(', ')}, or null.`,
    });
  const { tier, region, emailDomain } = policy;
  noteAudit(ask, { details: { tier, region, emailDomain } });
  const org = await edge.orgs.setPolicy(orgIdOf(params), policy, edge.clock.nowMs());
  if (!org) throw noOrg();
  return json(shownOrg(org));
};

export const getAuditPolicy: Answer = async ({ ask, params }) =>
  json(shownAuditPolicy(await ask.edge.orgs.auditPolicy(orgIdOf(params))));

export const setAuditPolicy: Answer = async ({ ask, params }) => {
  const asked = await readJson(ask.request, auditPolicyBody, 'setting what the audit log records');
  const { kernelCode: code, reads, retentionDays: days } = asked;
  const policy = { ...(code && { code }), ...(reads && { reads }), ...(days !== null && { days }) };
  noteAudit(ask, { details: asked });
  const id = orgIdOf(params);
  if (!(await ask.edge.orgs.get(id))) throw noOrg();
  await ask.edge.orgs.setAuditPolicy(id, policy, ask.edge.clock.nowMs());
  return json(shownAuditPolicy(policy));
};

const noOrg = (): CellbookError =>
  missing('organisation', 'looking for an organisation', 'GET /v1/orgs lists yours.');

export function keyReused(doing: string): CellbookError {
  return new CellbookError('idempotency_key_reused', {
    doing,
    problem: 'this Idempotency-Key has made something else',
    next: 'Use a new Idempotency-Key for a new request.',
  });
}
