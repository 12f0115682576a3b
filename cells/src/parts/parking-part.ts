/** How this cell reaches the sockets that it has parked at the edge. */
import { limits } from '@cellbook/shared/limits.ts';
import { wakeType, wokenSchema, wokenType } from '@cellbook/shared/protocol/parking-api.ts';
import type { EdgeClient } from '../edge/edge-client.ts';
import type { WakeShard } from '../gateway/parking/wakes.ts';

export const wakeThrough =
  (edge: EdgeClient): WakeShard =>
  async (shard, orders) => {
    const { gone } = await edge.ask({
      ...{ path: '/cells/wake', typ: wakeType, body: { shard, orders } },
      answer: { typ: wokenType, schema: wokenSchema, bytesMax: limits.parking.wakeBytesMax },
      deadlineMs: limits.parking.wakeMsMax,
      ...{ code: 'store_unavailable', doing: 'waking parked sockets' },
    });
    return gone;
  };
