/** The keys that addresses of results and webhooks are signed with. */
import { createHmac } from 'node:crypto';
import type { Keys } from '../results/signed-urls.ts';

export function keysOf(configured: readonly string[] | null, regionSecret: string): Keys {
  const [first, ...rest] = (configured ?? []).map((text) => Buffer.from(text, 'base64url'));
  return first ? [first, ...rest] : [createHmac('sha256', regionSecret).update('jobs').digest()];
}
