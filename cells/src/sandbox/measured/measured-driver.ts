/**
 * A driver whose work is timed and whose failures are counted by cause: what operators see of a host's snapshots,
 * boots and claims. The driver itself knows nothing of it, and what it throws is thrown on.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { HostedSandbox, SandboxDriver, SandboxPool, SandboxSnapshots } from '../driver.ts';

type Operation =
  | 'start'
  | 'freeze'
  | 'thaw'
  | 'checkpoint'
  | 'restore'
  | 'start_member'
  | 'restore_member'
  | 'claim';

type Timed = <T>(operation: Operation, work: () => Promise<T>) => Promise<T>;

export function measuredDriver<Hosted extends HostedSandbox>(
  driver: SandboxDriver<Hosted>,
  { metrics, clock }: { metrics: Metrics; clock: Clock },
): SandboxDriver<Hosted> {
  const timed = timer(metrics, clock);
  return {
    kind: driver.kind,
    version: driver.version,
    snapshots: driver.snapshots ? measuredSnapshots(driver.snapshots, timed) : null,
    pool: driver.pool ? measuredPool(driver.pool, timed) : null,
    ahead: driver.ahead ?? null,
    start: (spec, signal) => timed('start', () => driver.start(spec, signal)),
    list: () => driver.list(),
    relabel: (sandboxId, epoch) => driver.relabel(sandboxId, epoch),
    destroy: (sandboxId, as) => driver.destroy(sandboxId, as),
  };
}

const measuredSnapshots = <Hosted extends HostedSandbox>(
  snapshots: SandboxSnapshots<Hosted>,
  timed: Timed,
): SandboxSnapshots<Hosted> => ({
  fingerprint: snapshots.fingerprint,
  freeze: (sandboxId, signal) => timed('freeze', () => snapshots.freeze(sandboxId, signal)),
  thaw: (sandboxId, signal) => timed('thaw', () => snapshots.thaw(sandboxId, signal)),
  checkpoint: (sandboxId, directory, signal) =>
    timed('checkpoint', () => snapshots.checkpoint(sandboxId, directory, signal)),
  restore: (spec, directory, signal) => timed('restore', () => snapshots.restore(spec, directory, signal)),
});

const measuredPool = <Hosted extends HostedSandbox>(
  pool: SandboxPool<Hosted>,
  timed: Timed,
): SandboxPool<Hosted> => ({
  startMember: (member, signal) => timed('start_member', () => pool.startMember(member, signal)),
  restoreMember: (member, directory, signal) =>
    timed('restore_member', () => pool.restoreMember(member, directory, signal)),
  claim: (spec, signal) => timed('claim', () => pool.claim(spec, signal)),
});

function timer(metrics: Metrics, clock: Clock): Timed {
  const durations = metrics.histogram(
    'cellbook_host_sandbox_seconds',
    'Work on sandboxes and their images, by what was done and how it ended.',
    ['operation', 'outcome'],
  );
  const failures = metrics.counter(
    'cellbook_host_sandbox_failures_total',
    'Failures of that work, by the code of the error.',
    ['operation', 'code'],
  );
  return async (operation, work) => {
    const startedMs = clock.monotonicMs();
    const ended = (outcome: 'ok' | 'failed') =>
      durations.observe({ operation, outcome }, (clock.monotonicMs() - startedMs) / 1_000);
    try {
      const result = await work();
      ended('ok');
      return result;
    } catch (thrown) {
      ended('failed');
      failures.inc({ operation, code: toCellbookError(thrown, operation).code });
      throw thrown;
    }
  };
}
