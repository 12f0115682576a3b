/**
 * Reads that are recorded where the organisation's policy asks for it (`reads`), as cells do of files: of what a job
 * holds and made. An address of a result is recorded where it is made; who fetches it afterwards is anybody who has it.
 */
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import type { Ask } from '../ask.ts';
import type { EdgeRoute } from '../edge-route.ts';
import { policyOf } from '../hosts/forwarding.ts';
import type { Identity } from '../identity/identity.ts';

const reads: Readonly<Record<string, AuditAction>> = {
  'GET /v1/jobs/:jobId': 'job.read',
  'GET /v1/jobs/:jobId/events': 'job.read',
  'GET /v1/jobs/:jobId/logs': 'job.logs',
  'GET /v1/jobs/:jobId/result': 'job.result',
};

/** Null where nobody wants it recorded. */
export async function readActionOf(
  ask: Ask,
  { method, path }: Pick<EdgeRoute, 'method' | 'path'>,
  identity: Identity | null,
): Promise<AuditAction | null> {
  const action = reads[`${method} ${path}`];
  if (action === undefined || identity === null) return null;
  return (await policyOf(ask, identity))?.audit?.reads ? action : null;
}
