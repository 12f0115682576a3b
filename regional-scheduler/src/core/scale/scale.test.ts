import type { HostId } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { usualScale } from '../model/default-policy.ts';
import { type ScalePolicy, type ScaleView, scaleDecision } from './scale.ts';
import { kind, runScaleDay, targetMs } from './testing/scale-day.ts';

const usualScalePolicy: ScalePolicy = { ...usualScale, gpusMin: 0, gpusMax: 10_000 };
const host = (at: number, busyGpus: number, draining = false) => ({
  hostId: `h-${at}` as HostId,
  nodeId: `n-${at}`,
  gpus: 8,
  busyGpus,
  draining,
});
const quiet: ScaleView = { hosts: [], arrivingGpus: 0, queuedGpuMs: 0, offeredGpus: 0, targetMs: null };
const full = { ...quiet, hosts: [host(1, 8), host(2, 8)], offeredGpus: 16 };
const decide = (
  view: ScaleView,
  nowMs = 0,
  memory = { idleSinceMs: null as number | null },
  policy = usualScalePolicy,
) => scaleDecision(view, kind, policy, memory, nowMs);

describe('how many GPUs a region should have', () => {
  it('more, where what waits would not have started by the time a new node comes', () => {
    const view = { ...full, queuedGpuMs: 16 * 3_600_000, targetMs };
    expect(decide(view).create).toBeGreaterThan(0);
    expect(decide({ ...full, queuedGpuMs: 16 * 60_000, targetMs, offeredGpus: 8 }).create).toBe(0);
  });

  it('no more for what is on its way already, nor above the maximum, nor all at once', () => {
    const view = { ...full, queuedGpuMs: 16 * 600_000, targetMs };
    expect(decide({ ...view, arrivingGpus: 64 }).create).toBe(0);
    expect(decide(view, 0, { idleSinceMs: null }, { ...usualScalePolicy, gpusMax: 16 }).create).toBe(0);
    expect(decide({ ...view, queuedGpuMs: 1e12 }).create).toBe(1);
  });

  it('fewer, only after a quarter of an hour, the emptiest by draining, and one is removed when it is empty', () => {
    const view = { ...quiet, hosts: [host(1, 4), host(2, 1), host(3, 0)], offeredGpus: 5 };
    const first = decide(view, 0);
    expect(first).toMatchObject({ drain: [], memory: { idleSinceMs: 0 } });
    expect(decide(view, usualScalePolicy.idleMs - 1, first.memory).drain).toEqual([]);
    expect(decide(view, usualScalePolicy.idleMs, first.memory).drain).toEqual(['h-3']);
    const draining = { ...view, hosts: [host(1, 4), host(2, 1, true), host(3, 0, true)] };
    expect(decide(draining).remove).toEqual(['n-3']);
  });

  it('takes a draining host back before it asks for a new one, and removes none that somebody owns', () => {
    const view = { ...full, hosts: [...full.hosts, host(3, 0, true)], queuedGpuMs: 16 * 300_000, targetMs };
    expect(decide(view)).toMatchObject({ create: 0, undrain: ['h-3'], remove: [] });
    const owned = {
      ...quiet,
      hosts: [
        { ...host(1, 0), nodeId: null },
        { ...host(2, 0), nodeId: null },
      ],
    };
    expect(decide(owned, 1e9, { idleSinceMs: 0 }).drain).toEqual([]);
  });

  it('over a day of swinging load waits as little as a fleet for the peak does, for far less, and does not flap', () => {
    const offeredAt = (hour: number) =>
      60 + 50 * Math.sin((hour / 24) * 2 * Math.PI) + (hour % 6 < 0.2 ? 60 : 0);
    const day = { seed: 1, hours: 24, offeredAt };
    const scaled = runScaleDay({ ...day, nodesAtFirst: 9, policy: usualScalePolicy });
    const peak = runScaleDay({ ...day, nodesAtFirst: scaled.nodesMost, policy: null });
    const mean = runScaleDay({ ...day, nodesAtFirst: 8, policy: null });
    expect(scaled.p95WaitMs).toBeLessThan(targetMs);
    expect(mean.p95WaitMs).toBeGreaterThan(10 * targetMs);
    expect(scaled.gpuHoursPaid).toBeLessThan(0.75 * peak.gpuHoursPaid);
    expect(scaled.created + scaled.removed).toBeLessThan(200);
  });
});
