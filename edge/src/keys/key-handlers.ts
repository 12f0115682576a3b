/** What the routes of keys answer (routes.ts says who may use them). `tokens` is the older word for keys. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { apiKeyIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Ask } from '../ask.ts';
import { noteAudit } from '../audit/note-audit.ts';
import type { Call } from '../edge-route.ts';
import type { Identity } from '../identity/identity.ts';
import { readJson } from '../read-body.ts';
import type { KeyRow, KeysOf } from './key-store.ts';
import { makeKey, newKeySchema } from './make-key.ts';

export type Asked = Call & { identity: Identity };
export type Word = 'keys' | 'tokens';

export const own = ({ identity }: Asked): KeysOf => ({ userId: identity.sub });
export const ofOrganisation = ({ identity }: Asked): KeysOf => ({ orgId: identity.org });

export const createKey =
  (word: Word) =>
  async ({ ask, identity }: Asked): Promise<Response> => {
    const body = await readJson(ask.request, newKeySchema, 'creating a key');
    const { row, key } = await makeKey(ask, identity, identity, body);
    noteAudit(ask, { which: { id: row.id, owner: identity.sub } });
    return created({ ...shown(row), [word === 'keys' ? 'key' : 'token']: key });
  };

export const listKeys =
  (word: Word, of: (asked: Asked) => KeysOf) =>
  async (asked: Asked): Promise<Response> => {
    const { edge } = asked.ask;
    const rows = await edge.keys.list(of(asked), edge.clock.nowMs());
    return Response.json({ [word]: rows.map(shown) }, { headers: { 'cache-control': 'no-store' } });
  };

export const revokeKey =
  (of: (asked: Asked) => KeysOf) =>
  async (asked: Asked): Promise<Response> => {
    const given = asked.params.id ?? '';
    const id = apiKeyIdSchema.safeParse(given);
    if (!id.success || !(await revoke(asked.ask, of(asked), id.data))) throw noSuchKey(given);
    return new Response(null, { status: 204 });
  };

async function revoke({ edge }: Ask, of: KeysOf, id: KeyRow['id']): Promise<boolean> {
  if (!(await edge.keys.revoke(of, id, edge.clock.nowMs()))) return false;
  const endsMs = edge.clock.nowMs() + limits.edge.tokenTtlMsMax;
  edge.revoked.adjust((ids) => ids.set(id, endsMs));
  return true;
}

const noSuchKey = (id: string): CellbookError =>
  new CellbookError('not_found', {
    doing: `revoking key ${id.slice(0, 60)}`,
    problem: 'there is no such key, or it is revoked already',
    next: 'Look at the list of keys.',
  });

export const created = (body: unknown): Response =>
  Response.json(body, { status: 201, headers: { 'cache-control': 'no-store' } });

const iso = (ms: number): string => new Date(ms).toISOString();

export const shown = ({ createdAtMs, expiresAtMs, lastUsedAtMs, ...row }: KeyRow) => ({
  ...row,
  createdAt: iso(createdAtMs),
  expiresAt: iso(expiresAtMs),
  lastUsedAt: lastUsedAtMs === null ? null : iso(lastUsedAtMs),
});
