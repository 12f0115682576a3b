/**
 * The region that somebody who signs in for the first time comes to live in: what the organisation has decided;
 * else what was asked for, where it is a region of ours; else the region of the continent; else the first.
 */
import type { RegionId } from '@cellbook/shared/ids.ts';
import type { Region } from '@cellbook/shared/protocol/regions.ts';

export interface RegionWish {
  /** The organisation's policy; null: it leaves the choice. */
  policy: RegionId | null;
  /** As Cloudflare says it (`request.cf.continent`). */
  continent: string | undefined;
  /** What the person chose, as it came. */
  asked: string | null;
  regions: readonly Region[];
}

export function regionFor({ policy, continent, asked, regions }: RegionWish): RegionId {
  const chosen = regions.find(({ id }) => id === asked);
  const near = regions.find(({ continents }) => continents.some((one) => one === continent));
  const region = policy ?? chosen?.id ?? near?.id ?? regions[0]?.id;
  if (region === undefined) throw new Error('a platform without regions');
  return region;
}

/** Where Cloudflare says that the request came from; undefined elsewhere. */
export function continentOf(request: Request): string | undefined {
  const { cf } = request;
  return typeof cf?.continent === 'string' ? cf.continent : undefined;
}
