import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, newWorkspaceId, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { Departure, DeparturesTold } from '@cellbook/shared/protocol/departures-api.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, expect, test } from 'vitest';
import type { DepartureStore } from './departure-store.ts';
import { Departures, type LeftWorkspace } from './departures.ts';
import { followDepartures } from './follow-departures.ts';
import { createMemoryDepartureStore } from './memory-departure-store.ts';

const { graceMs, askEveryMs, staleClaimsMs, pageMax } = limits.departures;
const org = newOrgId(systemRandom);
const ada = newUserId(systemRandom);

/** Numbered from 1, as the edge tells them. */
let log: Departure[];
let edgeIsAway: boolean;
let mayLiveHere: UserId[];
let asked: { after: number; waiting: readonly UserId[] }[];
let running: LeftWorkspace[];
let done: string[];
let failing: string[];
let isMemoryLeft: boolean;
let clock: ManualClock;
let store: DepartureStore;
let departures: Departures;

async function ask(question: { after: number; waiting: readonly UserId[] }): Promise<DeparturesTold> {
  asked.push(question);
  if (edgeIsAway) throw new Error('away');
  const page = log.slice(question.after, question.after + pageMax);
  const upTo = question.after + page.length;
  return { departures: page, upTo, more: upTo < log.length, mayLiveHere };
}

beforeEach(() => {
  [log, asked, running, done, mayLiveHere, edgeIsAway] = [[], [], [], [], [], false];
  [failing, isMemoryLeft] = [[], false];
  const act = (what: string) => {
    if (failing.includes(what)) throw new Error('it fails');
    done.push(what);
  };
  clock = new ManualClock(10 * graceMs);
  store = createMemoryDepartureStore();
  departures = new Departures({
    ...{ store, ask, clock, log: silentLogger },
    leftRunning: async () => [...running],
    redeliver: async (user) => act(`secrets of ${user}`),
    async suspend({ id }) {
      act(`suspend ${id}`);
      running = running.filter((each) => each.id !== id);
    },
    forgetSecrets: async (user) => act(`forget ${user}`),
    async forgetMemory(user) {
      act(`memory of ${user}`);
      return !isMemoryLeft;
    },
  });
});

test('what runs of somebody who has left is suspended, and told that it has no secrets, once', async () => {
  log = [{ user: ada, org, leftAtMs: clock.nowMs() }];
  running = [{ id: newWorkspaceId(systemRandom), ownerId: ada }];
  const [workspace] = running;
  await departures.round();
  expect(await store.hasLeft(ada, org)).toBe(true);
  expect(done).toEqual([`suspend ${workspace?.id}`, `secrets of ${ada}`]);
  await departures.round();
  expect(done.length).toBe(2);
  expect(asked.map(({ after }) => after)).toEqual([0, 1]);
});

test('what is known is acted upon while the edge is away, and nobody’s secrets are forgotten then', async () => {
  await store.learn([{ user: ada, org, leftAtMs: 1 }], 1);
  running = [{ id: newWorkspaceId(systemRandom), ownerId: ada }];
  edgeIsAway = true;
  await departures.round();
  expect(done.filter((what) => what.startsWith('suspend'))).toHaveLength(1);
  expect(done.filter((what) => what.startsWith('forget'))).toEqual([]);
  edgeIsAway = false;
  await departures.round();
  expect(done.at(-1)).toBe(`memory of ${ada}`);
});

test('one that cannot be suspended, told or forgotten keeps no other from it, and comes again', async () => {
  const bob = newUserId(systemRandom);
  const [ofAda, ofBob] = [newWorkspaceId(systemRandom), newWorkspaceId(systemRandom)];
  running = [
    { id: ofAda, ownerId: ada },
    { id: ofBob, ownerId: bob },
  ];
  log = [ada, bob].map((user) => ({ user, org, leftAtMs: 1 }));
  await departures.round();
  done = [];
  running.push({ id: ofAda, ownerId: ada }, { id: ofBob, ownerId: bob });
  failing = [`suspend ${ofAda}`, `secrets of ${ada}`, `forget ${ada}`];
  await departures.round();
  expect(done).toEqual([`suspend ${ofBob}`, `secrets of ${bob}`, `forget ${bob}`, `memory of ${bob}`]);
  [done, failing] = [[], []];
  await departures.round();
  expect(done).toEqual([`suspend ${ofAda}`, `secrets of ${ada}`, `forget ${ada}`, `memory of ${ada}`]);
});

test('what his workspaces slept with is looked after until nothing of it is left', async () => {
  await store.learn([{ user: ada, org, leftAtMs: 1 }], 0);
  isMemoryLeft = true;
  await departures.round();
  expect(await store.overdue(clock.nowMs(), 1)).toEqual([ada]);
  isMemoryLeft = false;
  await departures.round();
  expect(await store.overdue(clock.nowMs(), 1)).toEqual([]);
});

test('who is heard to have left his last organisation only now is not forgotten for one he left long ago', async () => {
  await store.learn([{ user: ada, org, leftAtMs: 1 }], 0);
  log = [{ user: ada, org: newOrgId(systemRandom), leftAtMs: clock.nowMs() }];
  await departures.round();
  expect(asked[0]?.waiting).toEqual([ada]);
  expect(done).toEqual([]);
  await clock.advance(graceMs + 1);
  await departures.round();
  expect(done[0]).toBe(`forget ${ada}`);
});

test('after the grace, and not before, what he kept here is removed, once', async () => {
  log = [{ user: ada, org, leftAtMs: clock.nowMs() }];
  await departures.round();
  await clock.advance(graceMs);
  await departures.round();
  expect(done).toEqual([]);
  await clock.advance(1);
  await departures.round();
  expect(asked.at(-1)).toEqual({ after: 1, waiting: [ada] });
  expect(done).toEqual([`forget ${ada}`, `memory of ${ada}`]);
  await departures.round();
  expect(done).toHaveLength(2);
});

test('who may live here by another membership, or is back, keeps what is his', async () => {
  const bob = newUserId(systemRandom);
  log = [
    { user: ada, org, leftAtMs: 1 },
    { user: bob, org, leftAtMs: 2 },
  ];
  await departures.round();
  log.push({ user: bob, org, leftAtMs: null });
  mayLiveHere = [ada, bob];
  await departures.round();
  expect(done).toEqual([]);
  expect(await store.hasLeft(bob, org)).toBe(false);
});

test('more than one answer holds is asked for until all is told', async () => {
  const count = pageMax + 3;
  log = Array.from({ length: count }, () => ({
    ...{ user: newUserId(systemRandom), org, leftAtMs: clock.nowMs() },
  }));
  await departures.round();
  expect(await store.upTo()).toBe(count);
  expect(await store.hasLeft(log.at(-1)?.user ?? ada, org)).toBe(true);
});

test('it is looked at once a membership has changed, when older claims have ended, and at intervals', async () => {
  let rounds = 0;
  const round = async () => void rounds++;
  const followed = followDepartures({ departures: { round }, clock, log: silentLogger });
  await expect.poll(() => rounds).toBe(1);
  followed.heard([
    { kind: 'changed', subject: ada, ms: 1 },
    { kind: 'revoked', subject: ada, ms: 1 },
  ]);
  await clock.advance(staleClaimsMs);
  expect(rounds).toBe(1);
  followed.heard([{ kind: 'changed', subject: memberSubject(ada, org), ms: 1 }]);
  await expect.poll(() => rounds).toBe(2);
  await clock.advance(staleClaimsMs);
  await expect.poll(() => rounds).toBe(3);
  await clock.advance(askEveryMs);
  await expect.poll(() => rounds).toBe(4);
  await followed.close();
  followed.heard([{ kind: 'changed', subject: memberSubject(ada, org), ms: 1 }]);
  await clock.advance(2 * askEveryMs);
  expect(rounds).toBe(4);
});
