import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { MemoryTransitionStore } from '../../lifecycle/stores/memory-transition-store.ts';
import { MemoryWorkspaceStore } from '../../lifecycle/stores/memory-workspace-store.ts';
import { upTo } from '../../quotas/allowance.ts';
import { EventStream } from './event-stream.ts';

const random = seededRandom(3);
const ownerId = newUserId(random);

async function streamOf(given: { slow?: boolean } = {}) {
  const clock = new ManualClock();
  const store = new MemoryWorkspaceStore(clock, new MemoryTransitionStore());
  const id = newWorkspaceId(random);
  const row = {
    id,
    ownerId,
    orgId: newOrgId(random),
    tier: 'free',
    name: 'n',
    desired: 'suspended',
  } as const;
  await store.create({ ...row, idleSuspendSeconds: null, nowMs: 0, createKey: id }, upTo(10));
  const written: string[] = [];
  const drains: (() => void)[] = [];
  let ended = false;
  const stream = new EventStream({
    ...{ store, clock, ownerId, orgId: row.orgId, cursor: 0 },
    sink: {
      write(text) {
        written.push(text);
        return given.slow !== true;
      },
      onceDrained: (listener) => void drains.push(listener),
      end() {
        ended = true;
      },
    },
    onFailure: (error) => expect(error).toBeNull(),
  });
  const events = () => written.filter((text) => text.includes('event: workspace'));
  return { stream, clock, store, id, written, drains, events, isEnded: () => ended };
}

test('a slow reader gets the newest state when he reads again, and not what lay between', async () => {
  const { stream, clock, store, id, drains, events } = await streamOf({ slow: true });
  stream.hint();
  await clock.advance(0);
  expect(events()).toHaveLength(1);
  for (const name of ['a', 'b', 'c']) {
    await store.edit(id, { name });
    stream.hint();
  }
  await clock.advance(1_000);
  expect(events()).toHaveLength(1);
  drains.shift()?.();
  await clock.advance(0);
  expect(events()).toHaveLength(2);
  expect(events()[1]).toContain('"name":"c"');
  stream.end();
});

test('a reader that does not read at all is let go', async () => {
  const { stream, clock, isEnded } = await streamOf({ slow: true });
  stream.hint();
  await clock.advance(0);
  await clock.advance(limits.api.eventDrainMs);
  expect(isEnded()).toBe(true);
});

test('a silent stream carries heartbeats, and none after its end', async () => {
  const { stream, clock, written } = await streamOf();
  await clock.advance(limits.api.eventHeartbeatMs * 2);
  expect(written.filter((text) => text.startsWith(':'))).toHaveLength(2);
  stream.end();
  await clock.advance(limits.api.eventHeartbeatMs * 5);
  expect(written.filter((text) => text.startsWith(':'))).toHaveLength(2);
});
