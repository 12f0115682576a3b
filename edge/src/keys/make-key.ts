/**
 * Makes a key for somebody: a signed credential that carries who it acts as and what it is restricted to. It is
 * shown once; its hash is kept. Its id comes from the Idempotency-Key, so that a repeated request finds the key
 * it made the first time and mints the same one again.
 */
import type { Scope } from '@cellbook/shared/access/permissions.ts';
import { scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type ApiKeyId, newApiKeyId, newUserId, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import { sha256Hex } from '../digest.ts';
import { idempotentRandom } from '../idempotent-random.ts';
import type { Identity, Person } from '../identity/identity.ts';
import type { KeyRow } from './key-store.ts';

export const newKeySchema = z
  .object({
    name: z.string().trim().min(1).max(100),
    expiresInDays: z
      .int()
      .min(1)
      .max(limits.edge.tokenTtlMsMax / 86_400_000)
      .optional(),
    /** Absent: whatever its owner may do. */
    scopes: z.array(scopeSchema).min(1).max(scopeSchema.options.length).optional(),
  })
  .strict();
export type NewKeyBody = z.infer<typeof newKeySchema>;

/** Who makes it, and with what. */
export type Maker = Pick<Identity, 'sub' | 'via' | 'scopes' | 'exp'>;

export async function makeKey(
  ask: Ask,
  by: Maker,
  owner: Person,
  body: NewKeyBody,
): Promise<{ row: KeyRow; key: string }> {
  const { edge } = ask;
  const scopes =
    body.scopes === undefined ? null : scopeSchema.options.filter((one) => body.scopes?.includes(one));
  const createdAtMs = Math.floor(edge.clock.nowMs() / 1_000) * 1_000;
  const ttlMs =
    body.expiresInDays === undefined ? limits.edge.tokenTtlMsDefault : body.expiresInDays * 86_400_000;
  const expiresAtMs = createdAtMs + ttlMs;
  assertNoWider(by, scopes, expiresAtMs);
  const id: ApiKeyId = newApiKeyId(
    await idempotentRandom(ask, { sub: by.sub, org: owner.org }, `key of ${owner.sub}`),
  );
  const minted = await mint(ask, owner, { id, scopes, createdAtMs, expiresAtMs });
  const row = await edge.keys.create(
    {
      ...{ id, userId: owner.sub, orgId: owner.org, name: body.name, scopes, createdAtMs, expiresAtMs },
      ...{ hash: await sha256Hex(minted), hint: minted.slice(-4), createdBy: by.sub },
    },
    edge.clock.nowMs(),
  );
  const isSame = row.name === body.name && row.expiresAtMs - row.createdAtMs === ttlMs;
  if (!isSame || JSON.stringify(row.scopes) !== JSON.stringify(scopes)) throw keyReused();
  return { row, key: await mint(ask, owner, row) };
}

export const newServiceAccountId = async (ask: Ask, by: Identity): Promise<UserId> =>
  newUserId(await idempotentRandom(ask, by, 'service account'));

type Minted = Pick<KeyRow, 'id' | 'scopes' | 'createdAtMs' | 'expiresAtMs'>;

function mint(ask: Ask, owner: Person, { id, scopes, createdAtMs, expiresAtMs }: Minted): Promise<string> {
  const { sub, org, name, tier, region, role } = owner;
  const times = { iat: createdAtMs / 1_000, exp: expiresAtMs / 1_000 };
  return ask.edge.credentials.mint('token', {
    sub,
    org,
    name,
    tier,
    region,
    role,
    scopes,
    jti: id,
    ...times,
  });
}

/** A key makes none that reaches further, or lives longer, than itself. */
function assertNoWider(by: Maker, scopes: readonly Scope[] | null, expiresAtMs: number): void {
  const own = by.scopes;
  if (by.via !== 'token' || own === null) return;
  const isWithin = scopes?.every((scope) => own.includes(scope)) ?? false;
  if (isWithin && expiresAtMs <= by.exp * 1_000) return;
  throw new CellbookError('scope_insufficient', {
    doing: 'creating a key with a key',
    problem: 'the new key would reach further, or live longer, than the one it is made with',
    next: `Name scopes among ${own.join(', ')} and a shorter life; or make it signed in.`,
  });
}

function keyReused(): CellbookError {
  return new CellbookError('idempotency_key_reused', {
    doing: 'creating a key',
    problem: 'this Idempotency-Key has made another key',
    next: 'Use a new Idempotency-Key for a new key.',
  });
}
