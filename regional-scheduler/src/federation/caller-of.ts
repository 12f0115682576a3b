/** Which region a request is from; throws where it is not signed for this one. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { federationHeader } from '@cellbook/shared/protocol/federation-api.ts';
import type { FastifyRequest } from 'fastify';
import { verifyCall } from './token.ts';

export interface Called {
  regionId: RegionId;
  secret: string;
  clock: Clock;
}

export function callerOf(
  { regionId, secret, clock }: Called,
  { method, url, headers, body }: FastifyRequest,
): Promise<RegionId> {
  const text = body === undefined || body === null ? '' : JSON.stringify(body);
  const call = { to: regionId, method, path: url, body: text };
  return verifyCall(secret, headers[federationHeader], call, clock);
}
