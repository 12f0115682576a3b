/** One suite for every implementation of the store of waiting command lines. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom as random } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1DeviceRequests } from './d1-device-requests.ts';
import type { DeviceRequests, NewDeviceRequest } from './device-requests.ts';
import { createMemoryDeviceRequests } from './memory-device-requests.ts';
import { drawUserCode } from './user-code.ts';

const { requestMsMax, keptMs, intervalMs, intervalStepMs } = limits.device;
const by = { userId: newUserId(random), orgId: newOrgId(random) };

describe.each([
  ['memory', async () => createMemoryDeviceRequests()],
  [
    'D1',
    async (clock: ManualClock) => {
      await applyD1Migrations(env.DIRECTORY, env.MIGRATIONS);
      return createD1DeviceRequests({ db: env.DIRECTORY, clock });
    },
  ],
])('waiting command lines on %s', (_, create) => {
  let clock: ManualClock;
  let devices: DeviceRequests;
  beforeEach(async () => {
    clock = new ManualClock();
    devices = await create(clock);
  });

  const waiting = (): NewDeviceRequest => ({
    ...{ deviceHash: random.uuid(), userCode: drawUserCode(random), name: 'laptop', scopes: ['notebooks'] },
    ...{ expiresInDays: 90, address: '192.0.2.1', createdAtMs: clock.nowMs() },
    expiresAtMs: clock.nowMs() + requestMsMax,
  });
  const begin = async () => {
    const request = waiting();
    expect(await devices.begin(request, clock.nowMs())).toBe(true);
    return request;
  };
  const poll = async (hash: string) => (await devices.poll(hash, clock.nowMs())).kind;
  const decide = (code: string, allow: boolean) => devices.decide(code, { allow, by }, clock.nowMs());

  test('one that was allowed is given once, with who allowed it, and never again', async () => {
    const { deviceHash, userCode } = await begin();
    expect(await devices.find(userCode, clock.nowMs())).toMatchObject({ state: 'pending', name: 'laptop' });
    expect(await decide(userCode, true)).toBe(true);
    expect(await devices.find(userCode, clock.nowMs())).toBe(null);
    const given = await devices.poll(deviceHash, clock.nowMs());
    expect(given).toMatchObject({ kind: 'approved', request: { ...by, scopes: ['notebooks'] } });
    expect(await poll(deviceHash)).toBe('unknown');
  });

  test('of many polls at once one is given it', async () => {
    const { deviceHash, userCode } = await begin();
    await decide(userCode, true);
    const polled = await Promise.all(Array.from({ length: 8 }, () => poll(deviceHash)));
    expect(polled.filter((kind) => kind === 'approved')).toHaveLength(1);
  });

  test('it is decided once: whoever comes second changes nothing', async () => {
    const { deviceHash, userCode } = await begin();
    expect(await decide(userCode, false)).toBe(true);
    expect(await decide(userCode, true)).toBe(false);
    expect(await poll(deviceHash)).toBe('denied');
  });

  test('after its time it is neither found nor decided nor given, and then forgotten', async () => {
    const [late, allowed] = [await begin(), await begin()];
    await decide(allowed.userCode, true);
    await clock.advance(requestMsMax);
    expect(await devices.find(late.userCode, clock.nowMs())).toBe(null);
    expect(await decide(late.userCode, true)).toBe(false);
    expect(await poll(allowed.deviceHash)).toBe('expired');
    await clock.advance(keptMs);
    await begin();
    expect(await poll(allowed.deviceHash)).toBe('unknown');
  });

  test('who polls too soon is told so and waits longer from then on; who is on time is not', async () => {
    const { deviceHash } = await begin();
    expect(await poll(deviceHash)).toBe('pending');
    await clock.advance(intervalMs);
    expect(await poll(deviceHash)).toBe('pending');
    await clock.advance(1_000);
    expect(await poll(deviceHash)).toBe('slow_down');
    await clock.advance(intervalMs);
    expect(await poll(deviceHash)).toBe('slow_down');
    await clock.advance(intervalMs + 2 * intervalStepMs);
    expect(await poll(deviceHash)).toBe('pending');
  });

  test('a code in use is not given to another', async () => {
    const { userCode } = await begin();
    expect(await devices.begin({ ...waiting(), userCode }, clock.nowMs())).toBe(false);
  });

  test('one that nobody began is unknown', async () => {
    expect(await poll('nothing')).toBe('unknown');
    expect(await decide('BBBBBBBB', true)).toBe(false);
  });
});
