/** Where an organisation stands in its tier, for a person. */
import type { paths } from '../../clients/typescript/schema.d.ts';

type Queue = paths['/v1/jobs/queue']['get']['responses'][200]['content']['application/json'];

export function describeQueue({ region, tier, organisation, user, spend, tierQueue }: Queue): string[] {
  const wait = tierQueue?.expectedWaitMs ?? null;
  return [
    `tier ${tier} in ${region}`,
    `your organisation: ${organisation.unfinished} of ${organisation.limit} unfinished jobs, you: ${user.unfinished} of ${user.limit}`,
    `spent in ${spend.month}: ${units(spend.spentMicros)}, held for what is unfinished: ${units(spend.reservedMicros)}, cap: ${units(spend.capMicros)}`,
    tierQueue === null
      ? 'nobody decides at present; nothing is lost by it'
      : `${tierQueue.waiting} jobs of the tier wait${wait === null ? '' : `, about ${Math.round(wait / 1_000)} s`}${tierQueue.isShedding ? '; new ones of it are refused for now' : ''}`,
  ];
}

const units = (micros: number): string => (micros / 1_000_000).toFixed(2);
