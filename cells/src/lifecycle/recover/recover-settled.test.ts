/** When `recover` takes a workspace to be in order. What it finds and does is tested on a real cell (recover.test.ts). */
import { systemClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { expect, it } from 'vitest';
import type { WorkspaceRow } from '../stores/workspace-row.ts';
import { type RecoverDeps, recover } from './recover.ts';
import { files, hostId, live } from './testing/facts.ts';

it('waits for what it has woken, which at first only takes the lease of a workspace that says it runs', async () => {
  let row: WorkspaceRow = { ...live.row, hostId: hostIdSchema.parse('gone-1'), leaseHolder: null };
  let looksWhileAtWork = 0;
  let isAtWork = false;
  const deps: Partial<RecoverDeps> = {
    store: { get: async () => row } as Partial<RecoverDeps['store']> as RecoverDeps['store'],
    fence: { raise: async () => ({ ...row, hostId: null }) },
    manifests: { read: async () => files },
    rests: { get: async () => null },
    hosts: {
      list: async () => [],
      look: async () => 'unknown',
      ids: [hostId],
    } as Partial<RecoverDeps['hosts']> as RecoverDeps['hosts'],
    ...{ clock: systemClock, log: silentLogger },
    lifecycle: {
      holder: live.holder,
      isAtWork: () => {
        if (isAtWork && ++looksWhileAtWork === 3) {
          isAtWork = false;
          row = { ...row, phase: 'suspended', dormant: true };
        }
        return isAtWork;
      },
      wake: () => {
        isAtWork = true;
        row = { ...row, leaseHolder: live.holder, hostId: null };
      },
    },
  };
  const report = await recover(deps as RecoverDeps, row.id);
  expect(report.found.map(({ state }) => state)).toContain('host_unknown');
  expect(report).toMatchObject({ settled: true, row: { phase: 'suspended' } });
});
