/** How many members each host is to have: pure. */
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { PoolSetting } from './pool-setting.ts';

export interface HostSize {
  hostId: HostId;
  capacity: number;
}

/** What a cell will be asked for is shared out by the hosts' places: at least one each, at most a share of them. */
export function targetsOf(
  setting: PoolSetting,
  hosts: readonly HostSize[],
  forecast: number,
): ReadonlyMap<HostId, number> {
  const places = hosts.reduce((sum, { capacity }) => sum + capacity, 0);
  const targetOf = (capacity: number): number => {
    if (setting !== 'auto') return setting === 'off' ? 0 : setting;
    const most = Math.max(1, Math.floor(capacity * limits.pool.placesShareMax));
    const wanted = places === 0 ? 0 : Math.ceil((forecast * capacity) / places);
    return Math.min(Math.max(1, wanted), most, limits.pool.membersMax);
  };
  return new Map(hosts.map(({ hostId, capacity }) => [hostId, targetOf(capacity)]));
}
