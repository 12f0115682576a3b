/** Which objects of a job go, and when. */
import { silentLogger } from '@cellbook/shared/log.ts';
import { checkpointKeyOf, resultKeyOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import { expect, test } from 'vitest';
import type { SchedulerEvent } from '../core/model/event.ts';
import { host, Region } from '../core/testing/region.ts';
import type { StoredEntry } from '../log/event-log.ts';
import { attemptNumber, jobNumber } from '../testing/events.ts';
import { forgetCheckpoints } from './forget-checkpoints.ts';
import { type EndedJob, removeObjects } from './remove-objects.ts';

function storeOf(...given: string[]) {
  const keys = new Set(given);
  const asked: string[] = [];
  const objects = {
    async list(prefix: string) {
      asked.push(prefix);
      return [...keys].filter((key) => key.startsWith(prefix));
    },
    async remove(key: string) {
      keys.delete(key);
    },
  };
  return { keys, asked, deps: { objects, logger: silentLogger } };
}

const checkpoint = (job: number, attempt: number, count: number) =>
  checkpointKeyOf(jobNumber(job), attemptNumber(attempt), count);
const result = (job: number, attempt: number) => resultKeyOf(jobNumber(job), attemptNumber(attempt), 'o.mp4');
const ended = (job: number, attempts: number, key: string | null): EndedJob => ({
  record: { jobId: jobNumber(job), spec: { checkpoints: job === 1 } },
  view: {
    phase: key === null ? 'failed' : 'succeeded',
    result: key === null ? null : { key, bytes: 1 },
    attempts: Array.from({ length: attempts }),
  },
});

test('of an ended job the recorded result alone stays; what others have brought is not touched', async () => {
  const lost = [checkpoint(1, 1, 1), checkpoint(1, 2, 1), result(1, 1), result(3, 1)];
  const stay = [result(1, 2), result(2, 1), result(4, 1), checkpoint(4, 1, 1)];
  const { keys, deps } = storeOf(...lost, ...stay);
  await removeObjects(deps, [ended(1, 2, result(1, 2)), ended(2, 1, result(2, 1)), ended(3, 1, null)]);
  expect([...keys]).toEqual(stay);
});

test('where one attempt has brought the result, and nothing was to be saved, the store is not asked', async () => {
  const { asked, deps } = storeOf();
  await removeObjects(deps, [ended(2, 1, result(2, 1)), ended(3, 0, null)]);
  expect(asked).toEqual([]);
});

test('of what a running job saves the newest two stay, whatever was told of, while its attempt runs', async () => {
  const world = new Region();
  world.hosts(host('host-a'));
  world.submit({ checkpoints: true });
  world.decide();
  const { jobId = jobNumber(0), attemptId = attemptNumber(0) } = world.running()[0] ?? {};
  const own = [1, 2, 3, 4, 5].map((count) => checkpointKeyOf(jobId, attemptId, count));
  const before = checkpointKeyOf(jobId, attemptNumber(9), 7);
  const { keys, deps } = storeOf(before, ...own, checkpoint(8, 8, 1));
  let tell: (committed: readonly StoredEntry[]) => void = () => {};
  let leads = false;
  const region = {
    follow(listener: typeof tell) {
      tell = listener;
      return () => {};
    },
    leadership: () => ({ leads, epoch: 1 }),
    state: () => world.state,
  };
  /** Once what it brought about is done. */
  async function saved(checkpointKey: string): Promise<string[]> {
    const forgetting = forgetCheckpoints({ ...deps, region });
    const more = { savedMs: 1, progress: null, checkpointKey };
    const event: SchedulerEvent = { type: 'attempt_saved', atMs: 1, jobId, attemptId, ...more };
    tell([{ event, seq: 1, epoch: 1 }]);
    await forgetting.stop();
    return [...keys];
  }
  const all = [...keys];
  expect(await saved(own[3] ?? '')).toEqual(all);
  leads = true;
  expect(await saved(own[0] ?? '')).toEqual(all);
  // One is on its way that nobody was told of.
  expect(await saved(own[3] ?? '')).toEqual([...own.slice(2), checkpoint(8, 8, 1)]);
  world.end(jobId);
  expect(await saved(own[4] ?? '')).toEqual([...own.slice(2), checkpoint(8, 8, 1)]);
});
