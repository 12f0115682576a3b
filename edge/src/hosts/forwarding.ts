/** Sends a request on under who it is from, to his own home or to whom he has addressed. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { quotaPolicySchema } from '@cellbook/shared/protocol/quota.ts';
import type { Ask } from '../ask.ts';
import { clientAddressOf } from '../client-address.ts';
import { everybody } from '../directory/changes.ts';
import type { Identity } from '../identity/identity.ts';
import { forward } from '../route/forward.ts';
import type { Destination } from '../route/principal.ts';
import { addressedBy } from './addressed.ts';

export async function forwardAs(
  ask: Ask,
  identity: Identity,
  path: string,
  /** Of a socket that is held already. */
  parking?: string,
): Promise<Response> {
  const { edge, request, requestId, defer } = ask;
  const at = await addressedBy(ask, identity);
  const policy = await policyOf(ask, identity);
  const startedMs = edge.clock.monotonicMs();
  const answer = await forward(edge.forwarder, {
    ...{ request, identity, requestId, defer, clientAddress: clientAddressOf(ask) },
    target: path + searchWithoutToken(ask.url),
    ...(at && { at }),
    ...(policy && { policy }),
    ...(parking !== undefined && { parking }),
  });
  edge.metrics.forwarded(edge.clock.monotonicMs() - startedMs);
  return answer;
}

/** What his organisation has set; a quota that is none says nothing, and the tier's usual ones hold. */
export async function policyOf({ edge, defer }: Ask, { org }: Identity): Promise<Destination['policy']> {
  const policies = await edge.policies.get(defer);
  const isHeld = policies.has(org) || !policies.has(everybody);
  const policy = isHeld ? policies.get(org) : await edge.askPolicy(org);
  if (policy === undefined) return undefined;
  if (policy === null) throw unreadable(org);
  const quota = quotaPolicySchema.safeParse(policy.quotas).data ?? {};
  return {
    policyAsOf: policy.changedAtMs,
    ...(policy.region !== null && { regions: [policy.region] }),
    ...(isSaid(quota) && { quota }),
    ...(isSaid(policy.audit) && { audit: policy.audit }),
  };
}

/** What it forbids is not known: nothing is done in its name, here alone. */
const unreadable = (org: OrgId): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: 'reading what your organisation has set',
    problem: 'its policy cannot be read',
    next: 'Ask your operator to set the policy of the organisation anew.',
    ids: { org },
  });

const isSaid = (part: object): boolean => Object.keys(part).length > 0;

/** The query as it was written, but for the credential in it: a token ends at the edge. */
export function searchWithoutToken(url: URL): string {
  if (!url.searchParams.has('token')) return url.search;
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((part) => !new URLSearchParams(part).has('token'));
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}
