/**
 * The key that a host's agent shows to its region's scheduler. It is made of the region's secret and the host's name,
 * so that the scheduler keeps one secret, and a host that is broken into can speak for itself alone.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HostId } from '../ids.ts';

export const agentKeyOf = (regionSecret: string, hostId: HostId): string =>
  createHmac('sha256', regionSecret).update(`gpu agent ${hostId}`).digest('hex');

export function isAgentKey(given: string, regionSecret: string, hostId: HostId): boolean {
  const [wanted, shown] = [agentKeyOf(regionSecret, hostId), given].map((text) => Buffer.from(text));
  return wanted !== undefined && shown?.length === wanted.length && timingSafeEqual(wanted, shown);
}
