/**
 * What a command line asks (RFC 8628), in OAuth's own form so that any client of OAuth can: `POST /v1/device/code`
 * begins a login, `POST /v1/device/token` is polled until a person has let it in at `/device`. The access token is
 * a key like any other: it is listed, expires and can be revoked in the console.
 */
import { scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { base64url } from 'jose';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { clientAddressOf } from '../client-address.ts';
import { sha256Hex } from '../digest.ts';
import { makeKey } from '../keys/make-key.ts';
import { readForm } from '../read-body.ts';
import type { DeviceRequest, Polled } from './device-requests.ts';
import { drawUserCode, showUserCode } from './user-code.ts';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const { requestMsMax, intervalMs, drawsMax } = limits.device;
const dayMs = 86_400_000;

const beginSchema = z.object({
  client_id: z.string().min(1).max(100),
  /** Absent: whatever its owner may do. */
  scope: z
    .string()
    .max(500)
    .default('')
    .transform((text) => text.split(' ').filter((word) => word !== ''))
    .pipe(z.array(scopeSchema)),
  /** Of the key: the machine, as its owner knows it. */
  name: z
    .string()
    .transform((text) => text.replace(/\p{Cc}|\p{Cf}/gu, ' ').trim())
    .pipe(z.string().min(1).max(100))
    .default('command line'),
  expires_in_days: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.edge.tokenTtlMsMax / dayMs)
    .default(limits.edge.tokenTtlMsDefault / dayMs),
});

export async function beginDevice(ask: Ask): Promise<Response> {
  const { clock, random, devices, config } = ask.edge;
  const { scope, name, expires_in_days } = await readForm(ask.request, beginSchema, 'beginning a login');
  const code = base64url.encode(random.bytes(32));
  const createdAtMs = clock.nowMs();
  const request = {
    ...{ deviceHash: await sha256Hex(code), name, expiresInDays: expires_in_days },
    scopes: scope.length === 0 ? null : scopeSchema.options.filter((one) => scope.includes(one)),
    ...{ address: clientAddressOf(ask), createdAtMs, expiresAtMs: createdAtMs + requestMsMax },
  };
  for (let draw = 1; draw <= drawsMax; draw++) {
    const userCode = drawUserCode(random);
    if (!(await devices.begin({ ...request, userCode }, createdAtMs))) continue;
    const page = new URL('/device', config.CELLBOOK_PUBLIC_URL);
    const complete = new URL(`/device?user_code=${showUserCode(userCode)}`, page);
    return unkept({
      ...{ device_code: code, user_code: showUserCode(userCode) },
      ...{ verification_uri: page.href, verification_uri_complete: complete.href },
      ...{ expires_in: requestMsMax / 1_000, interval: intervalMs / 1_000 },
    });
  }
  throw new CellbookError('internal', {
    doing: 'beginning a login',
    problem: `${drawsMax} codes that were drawn were all in use`,
  });
}

const pollSchema = z.object({
  grant_type: z.literal(deviceGrant),
  device_code: z.string().regex(/^[\w-]{43}$/, 'it is no device code'),
});

export async function pollDevice(ask: Ask): Promise<Response> {
  const { device_code } = await readForm(ask.request, pollSchema, 'asking for a key');
  const polled = await ask.edge.devices.poll(await sha256Hex(device_code), ask.edge.clock.nowMs());
  return polled.kind === 'approved' ? giveKey(ask, polled.request) : unkept(waiting[polled.kind], 400);
}

async function giveKey(ask: Ask, request: DeviceRequest): Promise<Response> {
  const { userId, orgId, scopes, name, expiresInDays } = request;
  // Who let it in may have left the organisation in the minute since.
  const person = userId && orgId && (await ask.edge.people.personIn(userId, orgId));
  if (!person) return unkept(waiting.denied, 400);
  const by = { sub: person.sub, via: 'session', scopes: null, exp: 0 } as const;
  // The id of the key is drawn, whatever header the command line sends.
  const drawn = { ...ask, request: new Request(ask.url) };
  const body = { name, expiresInDays, ...(scopes && { scopes }) };
  const { row, key } = await makeKey(drawn, by, person, body);
  await recordAudit(ask, {
    ...{ what: 'key.create', who: person, which: { kind: 'key', id: row.id, owner: person.sub } },
    details: { name, device: showUserCode(request.userCode) },
    result: { outcome: 'ok', code: null, status: 200 },
  });
  const expires_in = Math.floor((row.expiresAtMs - ask.edge.clock.nowMs()) / 1_000);
  return unkept({
    ...{ access_token: key, token_type: 'Bearer', expires_in },
    ...(scopes && { scope: scopes.join(' ') }),
  });
}

const says = (error: string, error_description: string) => ({ error, error_description });
const waiting: Record<Exclude<Polled['kind'], 'approved'>, object> = {
  pending: says('authorization_pending', 'Nobody has answered yet: ask again after the interval.'),
  slow_down: says('slow_down', 'Asked too soon: wait five seconds longer from now on.'),
  denied: says('access_denied', 'It was refused.'),
  expired: says('expired_token', 'Nobody answered in time: begin again.'),
  unknown: says('invalid_grant', 'There is no such login, or its key was fetched already: begin again.'),
};

const unkept = (body: object, status = 200): Response =>
  Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
