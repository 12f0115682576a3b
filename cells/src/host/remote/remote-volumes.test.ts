import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { createMemoryObjectStore } from '../../storage/objects/memory-object-store.ts';
import { startTestHost } from '../../storage/test-volumes.ts';
import { eventually } from '../../testing/eventually.ts';
import { HostClient } from './host-client.ts';
import { createRemoteVolumes } from './remote-volumes.ts';

const hostId = hostIdSchema.parse('eu-1-b');
const { signal } = new AbortController();

test('a host is not given files while what is stored of them is being tidied, which gives way to it', async () => {
  const clock = new ManualClock();
  const objects = createMemoryObjectStore();
  const lists: (() => void)[] = [];
  async function* slowly(prefix: string, given?: AbortSignal) {
    yield* objects.list(prefix, given);
    await new Promise<void>((resolve) => lists.push(resolve));
    given?.throwIfAborted();
  }
  const stored = await startTestHost({ clock, objects: { ...objects, list: slowly } });
  const asked: string[] = [];
  const client = new HostClient({
    hostId,
    url: 'http://127.0.0.1:9',
    key: 'k'.repeat(64),
    clock: systemClock,
  });
  const call = client.call.bind(client);
  client.call = (schema, command) => {
    asked.push(command.path);
    return call(schema, command);
  };
  const { manifests } = stored.parts;
  const volumes = createRemoteVolumes({ manifests, stored: stored.volumes, clientOf: () => client });
  const id = newWorkspaceId(systemRandom);
  await volumes.create(id);
  await clock.advance(limits.storage.tidyAfterMs + 1);
  const tidying = volumes.tidyDue(signal);
  await eventually(() => lists.length).toBe(1);
  const attached = volumes.attach(id, 1, signal, hostId).catch((error: { code: string }) => error.code);
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([]);
  lists[0]?.();
  expect(await tidying).toBe(0);
  // It was asked then, and is not there: that is all the test has of a host.
  expect(await attached).toBe('host_unreachable');
  expect(asked).toEqual([`/v1/workspaces/${id}/files/attach`]);
  await stored.close();
});
