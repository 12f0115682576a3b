/** Who an agent is: its host's name, and the key that speaks for that host alone. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { isAgentKey } from '@cellbook/shared/gpu/agent-key.ts';
import { type HostId, hostIdSchema } from '@cellbook/shared/ids.ts';
import { agentHostHeader } from '@cellbook/shared/protocol/agent-objects-api.ts';
import { agentKeyHeader } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { FastifyRequest } from 'fastify';

/** The host of the request's headers; throws where its key is not that host's. */
export function hostOf({ headers }: FastifyRequest, regionSecret: string): HostId {
  const hostId = hostIdSchema.safeParse(headers[agentHostHeader]);
  if (!hostId.success) throw unauthenticated('it does not name its host');
  checkKey(headers[agentKeyHeader], regionSecret, hostId.data);
  return hostId.data;
}

export function checkKey(given: unknown, regionSecret: string, hostId: HostId): void {
  if (typeof given === 'string' && isAgentKey(given, regionSecret, hostId)) return;
  throw unauthenticated(`it does not carry the key of ${hostId}`);
}

const unauthenticated = (problem: string): CellbookError =>
  new CellbookError('unauthenticated', {
    doing: 'listening to an agent',
    problem,
    next: 'Make the key of this host from the region’s secret: it is its own, and no other host’s.',
  });
