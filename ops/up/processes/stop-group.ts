import type { Clock } from '@cellbook/shared/clock.ts';
import { waitUntil } from '../wait-until.ts';
import { identityOf, isGroupAlive } from './proc.ts';

/**
 * Ends a process group: its leader is asked first and given the deadline (it knows how to end its own
 * children), then whatever is left of the group is killed. Returns when nothing of the group is alive.
 */
export async function stopGroup(
  clock: Clock,
  groupId: number,
  how: { stopSignal: 'SIGINT' | 'SIGTERM'; stopDeadlineMs: number },
): Promise<void> {
  signalIgnoringGone(groupId, how.stopSignal);
  const leaderGone = waitUntil(() => identityOf(groupId) === null, {
    clock,
    deadlineMs: how.stopDeadlineMs,
    what: `process ${groupId} to end`,
    pollMs: 20,
  });
  await leaderGone.catch(() => undefined);
  if (!isGroupAlive(groupId)) return;
  signalIgnoringGone(-groupId, 'SIGKILL');
  await waitUntil(() => !isGroupAlive(groupId), {
    clock,
    deadlineMs: 10_000,
    what: `process group ${groupId} to be gone`,
    pollMs: 20,
  });
}

export function signalIgnoringGone(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
  }
}
