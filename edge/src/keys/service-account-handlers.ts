/** What the routes of service accounts answer (routes.ts says who may use them). */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { regionIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { memberRoleSchema } from '../directory/people.ts';
import { readJson } from '../read-body.ts';
import { type Asked, created, shown as shownKey } from './key-handlers.ts';
import { makeKey, newKeySchema, newServiceAccountId } from './make-key.ts';
import type { ServiceAccount } from './service-account-store.ts';

const nameSchema = z.string().trim().min(1).max(100);
export const newSchema = z
  .object({ name: nameSchema, role: memberRoleSchema, region: regionIdSchema.optional() })
  .strict();
export const changeSchema = z
  .object({
    name: nameSchema.optional(),
    role: memberRoleSchema.optional(),
    disabled: z.boolean().optional(),
  })
  .strict();

export async function createServiceAccount({ ask, identity }: Asked): Promise<Response> {
  const { edge } = ask;
  const { name, role, region } = await readJson(ask.request, newSchema, 'creating a service account');
  const account = await edge.serviceAccounts.create({
    ...{ id: await newServiceAccountId(ask, identity), orgId: identity.org, name, role },
    ...{ region: region ?? identity.region, createdBy: identity.sub, createdAtMs: edge.clock.nowMs() },
  });
  if (account.name !== name || account.role !== role) throw reused();
  return created(shown(account));
}

export async function listServiceAccounts({ ask, identity }: Asked): Promise<Response> {
  const accounts = await ask.edge.serviceAccounts.list(identity.org);
  const headers = { 'cache-control': 'no-store' };
  return Response.json({ serviceAccounts: accounts.map(shown) }, { headers });
}

export async function changeServiceAccount(asked: Asked): Promise<Response> {
  const { ask, identity } = asked;
  const { edge } = ask;
  const { id } = await find(asked);
  const change = await readJson(ask.request, changeSchema, 'changing a service account');
  const nowMs = edge.clock.nowMs();
  const dying = change.disabled ? await edge.keys.list({ userId: id, orgId: identity.org }, nowMs) : [];
  const account = await edge.serviceAccounts.change(identity.org, id, change, nowMs);
  if (!account) throw noSuchAccount(id);
  edge.revoked.adjust((ids) => {
    for (const key of dying) ids.set(key.id, key.expiresAtMs);
  });
  return Response.json(shown(account), { headers: { 'cache-control': 'no-store' } });
}

export async function createServiceAccountKey(asked: Asked): Promise<Response> {
  const { ask, identity } = asked;
  const account = await find(asked);
  const body = await readJson(ask.request, newKeySchema, 'creating a key');
  if (account.disabledAtMs !== null) throw disabled(account);
  const { id: sub, name, region, role } = account;
  const owner = { sub, org: identity.org, name, tier: identity.tier, region, role };
  const { row, key } = await makeKey(ask, identity, owner, body);
  return created({ ...shownKey(row), key });
}

export async function listServiceAccountKeys(asked: Asked): Promise<Response> {
  const { edge } = asked.ask;
  const { id: userId } = await find(asked);
  const rows = await edge.keys.list({ userId, orgId: asked.identity.org }, edge.clock.nowMs());
  return Response.json({ keys: rows.map(shownKey) }, { headers: { 'cache-control': 'no-store' } });
}

async function find({ ask, identity, params }: Asked): Promise<ServiceAccount> {
  const id = userIdSchema.safeParse(params.id);
  const account = id.success ? await ask.edge.serviceAccounts.get(identity.org, id.data) : null;
  if (!account) throw noSuchAccount(params.id ?? '');
  return account;
}

const noSuchAccount = (id: string): CellbookError =>
  new CellbookError('not_found', {
    doing: `looking for service account ${id.slice(0, 60)}`,
    problem: 'this organisation has no such service account',
    next: 'Look at the list of its service accounts.',
  });

const disabled = ({ id }: ServiceAccount): CellbookError =>
  new CellbookError('conflict', {
    doing: `creating a key for service account ${id}`,
    problem: 'it is disabled',
    next: 'Enable it first: PATCH it with {"disabled": false}.',
  });

const reused = (): CellbookError =>
  new CellbookError('idempotency_key_reused', {
    doing: 'creating a service account',
    problem: 'this Idempotency-Key has made another service account',
    next: 'Use a new Idempotency-Key for a new one.',
  });

const shown = ({ createdAtMs, disabledAtMs, ...account }: ServiceAccount) => ({
  ...account,
  createdAt: new Date(createdAtMs).toISOString(),
  disabledAt: disabledAtMs === null ? null : new Date(disabledAtMs).toISOString(),
});
