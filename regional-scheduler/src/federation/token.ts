/** Who asks whom for what, signed with the secret that all regions share. A token is good for one request, for a minute. */
import { createHash } from 'node:crypto';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type RegionId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { jwtVerify, SignJWT } from 'jose';

export interface SignedCall {
  from: RegionId;
  to: RegionId;
  method: string;
  /** With its query. */
  path: string;
  /** As it is sent; empty where there is none. */
  body: string;
}

export function signCall(secret: string, call: SignedCall, clock: Clock): Promise<string> {
  const seconds = Math.floor(clock.nowMs() / 1000);
  return new SignJWT({ digest: digestOf(call.body) })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(call.from)
    .setAudience(call.to)
    .setSubject(`${call.method} ${call.path}`)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + limits.federation.tokenSeconds)
    .sign(new TextEncoder().encode(secret));
}

/** Whose call it is; throws where it is not signed for this region, this request and this body. */
export async function verifyCall(
  secret: string,
  token: unknown,
  call: Omit<SignedCall, 'from'>,
  clock: Clock,
): Promise<RegionId> {
  try {
    const { payload } = await jwtVerify(String(token), new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      audience: call.to,
      subject: `${call.method} ${call.path}`,
      currentDate: new Date(clock.nowMs()),
      clockTolerance: limits.federation.tokenSeconds,
    });
    if (payload.digest === digestOf(call.body)) return regionIdSchema.parse(payload.iss);
  } catch (cause) {
    throw refused(cause);
  }
  throw refused();
}

const digestOf = (body: string): string => createHash('sha256').update(body).digest('base64url');

const refused = (cause?: unknown): CellbookError =>
  new CellbookError('unauthenticated', {
    doing: 'listening to another region',
    problem: 'it is not signed for this request with the secret of the regions',
    next: 'Give all regions the same secret in the file that CELLBOOK_FEDERATION_KEY_FILE names.',
    cause,
  });
