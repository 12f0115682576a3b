/** A quota that is used up, as the error its user gets: which one, how much is used, what to do. */
import { CellbookError, type ErrorCode } from '@cellbook/shared/errors.ts';
import type { UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Usage } from '@cellbook/shared/protocol/quota.ts';

export type QuotaName = keyof Usage;
export type QuotaHolder = 'user' | 'organisation';

const words: Record<QuotaName, { many: string; next: string }> = {
  workspaces: {
    many: 'workspaces',
    next: 'Delete one that is not needed; it counts until its undo has ended.',
  },
  runningSandboxes: { many: 'running sandboxes', next: 'Suspend one that is not needed now.' },
  memoryBytes: { many: 'of sandbox memory', next: 'Suspend a workspace that is not needed now.' },
  storageBytes: {
    many: 'of files and their earlier versions',
    next: 'Delete files that are not needed, and their versions (POST …/versions/forget, or cellbook versions forget); that is possible without resuming.',
  },
};

export interface Exceeded {
  name: QuotaName;
  holder: QuotaHolder;
  used: number;
  limit: number;
}

export function quotaExceeded(
  doing: string,
  exceeded: Exceeded,
  code: ErrorCode = 'quota_exceeded',
): CellbookError {
  const { name, holder, used, limit } = exceeded;
  const { many, next } = words[name];
  const who = holder === 'user' ? 'you use' : 'your organisation uses';
  const amount = (value: number) => (name.endsWith('Bytes') ? gibibytes(value) : String(value));
  return new CellbookError(code, {
    doing,
    problem: `${who} ${amount(used)} of ${amount(limit)} ${many}, and this would be more`,
    next: holder === 'user' ? next : `${next} Or ask an admin of your organisation for a larger quota.`,
    ids: { quota: name, of: holder, used, limit },
  });
}

const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/** There was room when it was asked for, and others have taken it since. */
export const takenMeanwhile = (doing: string): CellbookError =>
  new CellbookError('quota_exceeded', {
    doing,
    problem: 'there was no room at that moment, and there is some now',
    next: 'Try again.',
    retryAfterMs: limits.lifecycle.capacityRetryAfterMs,
  });

export const ownerHasLeft = (doing: string, owner: UserId): CellbookError =>
  new CellbookError('forbidden', {
    doing,
    problem: 'its owner has left the organisation, and nobody runs it while he is not back',
    next: 'An admin of the organisation can take him back, or delete it.',
    ids: { owner },
  });

/** The first quota with no room for `more`. */
export function firstExceeded(
  usage: Record<QuotaHolder, Usage>,
  more: Partial<Record<QuotaName, number>>,
): Exceeded | null {
  for (const holder of ['user', 'organisation'] as const)
    for (const name of ['workspaces', 'runningSandboxes', 'memoryBytes', 'storageBytes'] as const) {
      const { used, limit } = usage[holder][name];
      const added = more[name];
      if (added !== undefined && used + added > limit) return { name, holder, used, limit };
    }
  return null;
}
