/**
 * The region's scheduler over HTTP: several instances, of which any may be gone. Calls go to the one that answered last;
 * the next is tried by whoever calls again.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import { agentHostHeader } from '@cellbook/shared/protocol/agent-objects-api.ts';
import { agentKeyHeader } from '@cellbook/shared/protocol/gpu-agent-api.ts';

export interface SchedulerHttp {
  call(path: string, init: RequestInit & { signal: AbortSignal }): Promise<Response>;
  /** The one that was called last did not serve: another one's turn. */
  turnAway(): void;
}

export function schedulerHttp(urls: readonly string[], hostId: HostId, key: string): SchedulerHttp {
  let turn = 0;
  const headers = { [agentKeyHeader]: key, [agentHostHeader]: hostId };
  return {
    call(path, init) {
      const url = new URL(path, urls[turn % urls.length]);
      return fetch(url, { ...init, headers: { ...headers, ...init.headers } });
    },
    turnAway() {
      turn = (turn + 1) % urls.length;
    },
  };
}
