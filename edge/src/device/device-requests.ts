/**
 * Command lines that wait to be let in (RFC 8628), as one machine per request:
 *
 *     pending ──approve──▶ approved ──poll──▶ taken
 *        └─────deny──────▶ denied
 *
 * Only a pending one is shown or decided, once; `taken` gives nothing again, so a device code is worth one key.
 * Every state ends at `expiresAtMs`. A poll that comes before its interval is over makes the interval longer.
 * Both implementations pass the suite in device-requests.test.ts.
 */
import { scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { orgIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

const { intervalMs, intervalStepMs, intervalMsMax } = limits.device;

export const deviceRequestSchema = z.object({
  userCode: z.string(),
  /** Of the key to be. */
  name: z.string(),
  scopes: z.array(scopeSchema).nullable(),
  expiresInDays: z.int(),
  /** Where it was asked from; empty where that is not known. */
  address: z.string(),
  state: z.enum(['pending', 'approved', 'denied', 'taken']),
  /** Who decided, acting in which organisation. */
  userId: userIdSchema.nullable(),
  orgId: orgIdSchema.nullable(),
  createdAtMs: z.int(),
  expiresAtMs: z.int(),
  polledAtMs: z.int().nullable(),
  intervalMs: z.int(),
});
export type DeviceRequest = z.infer<typeof deviceRequestSchema>;

export type NewDeviceRequest = Pick<
  DeviceRequest,
  'userCode' | 'name' | 'scopes' | 'expiresInDays' | 'address' | 'createdAtMs' | 'expiresAtMs'
> & {
  /** SHA-256 of the device code, hex. */
  deviceHash: string;
};

export type Decider = { userId: DeviceRequest['userId'] & string; orgId: DeviceRequest['orgId'] & string };

export type Polled =
  | { kind: 'unknown' | 'expired' | 'denied' | 'pending' | 'slow_down' }
  | { kind: 'approved'; request: DeviceRequest };

export interface DeviceRequests {
  /** False where the user code is in use: draw another. Throws `rate_limited` at `limits.device.requestsMax`. */
  begin(request: NewDeviceRequest, nowMs: number): Promise<boolean>;
  /** A pending one in its time; else null. */
  find(userCode: string, nowMs: number): Promise<DeviceRequest | null>;
  /** Whether there was one to decide. */
  decide(userCode: string, decision: { allow: boolean; by: Decider }, nowMs: number): Promise<boolean>;
  /** What the command line is told. `approved` comes once. */
  poll(deviceHash: string, nowMs: number): Promise<Polled>;
}

/** What a poll of this row is told now. Pure. */
export function polledOf(row: DeviceRequest | null, nowMs: number): Polled {
  if (row === null || row.state === 'taken') return { kind: 'unknown' };
  if (row.expiresAtMs <= nowMs) return { kind: 'expired' };
  if (row.state === 'denied') return { kind: 'denied' };
  if (row.state === 'approved') return { kind: 'approved', request: row };
  return { kind: isEarly(row, nowMs) ? 'slow_down' : 'pending' };
}

/** How the row stands after that poll. Pure. */
export function afterPoll(row: DeviceRequest, nowMs: number): DeviceRequest {
  if (row.expiresAtMs <= nowMs) return row;
  if (row.state === 'approved') return { ...row, state: 'taken' };
  if (row.state !== 'pending') return row;
  const longer = Math.min(row.intervalMs + intervalStepMs, intervalMsMax);
  return { ...row, polledAtMs: nowMs, intervalMs: isEarly(row, nowMs) ? longer : row.intervalMs };
}

const isEarly = ({ polledAtMs, intervalMs }: DeviceRequest, nowMs: number): boolean =>
  polledAtMs !== null && nowMs < polledAtMs + intervalMs - limits.device.intervalSlackMs;

export const asBegun = ({ deviceHash: _, ...request }: NewDeviceRequest): DeviceRequest => ({
  ...request,
  ...{ state: 'pending', userId: null, orgId: null, polledAtMs: null, intervalMs },
});

export const tooManyDevices = (): CellbookError =>
  new CellbookError('rate_limited', {
    doing: 'beginning a login',
    problem: 'too many command lines wait to be let in at the moment',
    next: 'Try again in a few minutes, or make a key in the console.',
    retryAfterMs: limits.device.requestMsMax / 2,
  });
