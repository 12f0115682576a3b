/**
 * Signatures of webhooks, as the Standard Webhooks specification has them: `v1,` and the base64 of HMAC-SHA256 over
 * `{id}.{timestamp}.{body}`. Each organisation has a key of its own, worked out from the platform's, so that none is
 * stored and every region signs alike. While the platform's key is replaced there is a signature by each.
 */
import { createHmac } from 'node:crypto';
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { Keys } from '../results/signed-urls.ts';

const prefix = 'whsec_';

const keyBytes = (orgId: string, key: Buffer): Buffer =>
  createHmac('sha256', key).update(`webhook\n${orgId}`).digest();

/** What the organisation checks signatures with. */
export const webhookKeyOf = (orgId: OrgId, key: Buffer): string =>
  `${prefix}${keyBytes(orgId, key).toString('base64')}`;

export interface SignedWebhook {
  id: string;
  orgId: string;
  body: string;
  nowMs: number;
}

export function webhookHeaders(
  { id, orgId, body, nowMs }: SignedWebhook,
  keys: Keys,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = keys.map((key) => {
    const mac = createHmac('sha256', keyBytes(orgId, key)).update(`${id}.${timestamp}.${body}`);
    return `v1,${mac.digest('base64')}`;
  });
  return {
    'content-type': 'application/json',
    'user-agent': 'cellbook-webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
