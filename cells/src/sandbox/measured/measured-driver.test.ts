import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newSandboxId, newWorkspaceId, type SandboxId } from '@cellbook/shared/ids.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import type { HostedSandbox, SandboxDriver, SandboxSnapshots } from '../driver.ts';
import { measuredDriver } from './measured-driver.ts';

const sandboxId = newSandboxId(systemRandom);
const { signal } = new AbortController();

/** Freezes in a quarter of a second; its images do not fit, and one image is lost by a bug. */
function setUp(snapshots: boolean) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const keeps: SandboxSnapshots<HostedSandbox> = {
    fingerprint: { runtime: 'r', platform: 'p', cpuFeatures: 'c', imageDigest: 'd' },
    freeze: async () => clock.advance(250),
    thaw: async () => {},
    checkpoint: async () => {
      throw new TypeError('a bug');
    },
    restore: async () => {
      throw new CellbookError('snapshot_incompatible', { doing: 'restoring', problem: 'another processor' });
    },
  };
  const destroyed: SandboxId[] = [];
  const driver: SandboxDriver<HostedSandbox> = {
    kind: 'memory',
    version: 'one',
    snapshots: snapshots ? keeps : null,
    start: async ({ workspaceId, epoch }) => ({
      ...{ id: sandboxId, workspaceId, epoch, exited: new Promise(() => {}) },
    }),
    relabel: async () => null,
    list: async () => [],
    destroy: async (id) => void destroyed.push(id),
  };
  return { metrics, destroyed, driver: measuredDriver(driver, { metrics, clock }) };
}

const spec = {
  ...{ sandboxId, workspaceId: newWorkspaceId(systemRandom), epoch: 1, homeDirectory: '/x', environment: {} },
  limits: { memoryBytesMax: 1, cpuMillisMax: 1, pidsMax: 1, diskBytesMax: 1 },
};

it('times what succeeds, and counts what fails by the code of its error', async () => {
  const { driver, metrics } = setUp(true);
  await driver.start(spec, signal);
  await driver.snapshots?.freeze(sandboxId, signal);
  await expect(driver.snapshots?.checkpoint(sandboxId, '/image', signal)).rejects.toThrow(TypeError);
  await expect(driver.snapshots?.restore(spec, '/image', signal)).rejects.toMatchObject({
    code: 'snapshot_incompatible',
  });
  const { body } = await metrics.render();
  for (const line of [
    'cellbook_host_sandbox_seconds_count{operation="start",outcome="ok"} 1',
    'cellbook_host_sandbox_seconds_sum{operation="freeze",outcome="ok"} 0.25',
    'cellbook_host_sandbox_seconds_count{operation="restore",outcome="failed"} 1',
    'cellbook_host_sandbox_failures_total{operation="checkpoint",code="internal"} 1',
    'cellbook_host_sandbox_failures_total{operation="restore",code="snapshot_incompatible"} 1',
  ])
    expect(body).toContain(line);
  expect(body).not.toContain('operation="freeze",outcome="failed"');
});

it('passes the rest through, and keeps no memory where its driver keeps none', async () => {
  const { driver, destroyed } = setUp(false);
  expect(driver).toMatchObject({ kind: 'memory', version: 'one', snapshots: null, pool: null });
  await driver.destroy(sandboxId);
  expect(destroyed).toEqual([sandboxId]);
});
