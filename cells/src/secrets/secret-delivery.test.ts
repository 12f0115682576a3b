import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newSandboxId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { FakeSandbox } from '../gateway/testing/fake-sandbox.ts';
import { Latest } from '../latest.ts';
import type { SecretOwner } from './seal.ts';
import { SecretDelivery } from './secret-delivery.ts';

const random = seededRandom(3);
const ownerId = newUserId(random);
const orgId = newOrgId(random);

function target(of: { ownerId?: typeof ownerId; orgId?: typeof orgId } = {}) {
  const workspaceId = newWorkspaceId(random);
  const sandbox = new FakeSandbox(newSandboxId(random), workspaceId, 1);
  return { workspaceId, ownerId: of.ownerId ?? ownerId, orgId: of.orgId ?? orgId, sandbox };
}

function deliveryTo(
  targets: ReturnType<typeof target>[],
  environmentOf: () => Promise<Record<string, string>>,
) {
  const clock = new ManualClock();
  const runningOf = async (owner: SecretOwner) =>
    targets.filter(({ ownerId, orgId }) => ownerId === owner || orgId === owner);
  return {
    clock,
    delivery: new SecretDelivery({ secrets: { environmentOf }, runningOf, clock, log: silentLogger }),
  };
}

describe('delivering secrets', () => {
  it('tells the sandboxes that a change is for, and no others', async () => {
    const [mine, elsewhere, other] = [
      target(),
      target({ orgId: newOrgId(random) }),
      target({ ownerId: newUserId(random) }),
    ];
    const all = [mine, elsewhere, other];
    const { delivery } = deliveryTo(all, async () => ({ A: '1' }));
    expect(await delivery.changed(ownerId)).toEqual({ sandboxesUpdated: 2, sandboxesMissed: 0 });
    expect(all.map(({ sandbox }) => sandbox.link.environments.length)).toEqual([1, 1, 0]);
    expect(await delivery.changed(orgId)).toEqual({ sandboxesUpdated: 2, sandboxesMissed: 0 });
    expect(all.map(({ sandbox }) => sandbox.link.environments.length)).toEqual([2, 1, 1]);
  });

  it('never ends with an older state: what is sent last was read last, however the reads overlap', async () => {
    const one = target();
    let state = 'old';
    let letFirstRead = () => {};
    const firstRead = new Promise<void>((resolve) => {
      letFirstRead = resolve;
    });
    let reads = 0;
    const { delivery } = deliveryTo([one], async () => {
      const read = { STATE: state };
      if (++reads === 1) await firstRead;
      return read;
    });
    const starting = delivery.deliver(one);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(reads).toBe(1);
    state = 'new';
    const changes = [delivery.changed(ownerId), delivery.changed(ownerId), delivery.changed(orgId)];
    letFirstRead();
    await Promise.all([starting, ...changes]);
    expect(one.sandbox.link.environments.at(-1)).toEqual({ STATE: 'new' });
    expect(reads).toBeLessThanOrEqual(4);
  });

  it('counts a sandbox that does not answer as missed, after its deadline, and tells the others', async () => {
    const [deaf, well] = [target(), target()];
    deaf.sandbox.link.setEnvironment = () => new Promise(() => {});
    const { delivery, clock } = deliveryTo([deaf, well], async () => ({}));
    const changed = delivery.changed(ownerId);
    await clock.advance(0);
    await clock.advance(limits.secrets.deliverMs);
    expect(await changed).toEqual({ sandboxesUpdated: 1, sandboxesMissed: 1 });
    expect(well.sandbox.link.environments).toHaveLength(1);
  });
});

describe('the latest of a key', () => {
  it('runs one and lets one wait, which whoever comes meanwhile shares', async () => {
    const latest = new Latest<string>();
    const begun: number[] = [];
    let release = () => {};
    const first = latest.run('a', () => {
      begun.push(1);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await Promise.resolve();
    await Promise.resolve();
    const waiting = [2, 3, 4].map((number) => latest.run('a', async () => void begun.push(number)));
    await latest.run('b', async () => void begun.push(9));
    expect(begun).toEqual([1, 9]);
    release();
    await Promise.all([first, ...waiting]);
    expect(begun).toEqual([1, 9, 2]);
  });

  it('goes on after one that failed', async () => {
    const latest = new Latest<string>();
    const failed = latest.run('a', async () => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    let ran = false;
    await latest.run('a', async () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });
});
