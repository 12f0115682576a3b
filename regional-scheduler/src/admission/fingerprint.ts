/**
 * Which requests may have one another's result: those of one organisation that ask the same program for the same
 * thing, where that has one answer. Of a video without a seed, a notebook or another task nobody knows whether it has,
 * so that its client must ask for it. The organisation is in the digest, and a column beside it: nothing is ever found
 * across two. Resources, times and labels do not change what comes out.
 */
import { createHash } from 'node:crypto';
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { SubmitJob } from '@cellbook/shared/protocol/job-request.ts';

export type Reuse = 'finished' | 'join' | 'off';

export function reuseOf({ task, reuse, repeat }: SubmitJob): Reuse {
  if (repeat !== undefined) return 'off';
  if (reuse !== undefined) return reuse;
  return task.kind === 'video' && task.parameters?.seed !== undefined ? 'finished' : 'off';
}

export function fingerprintOf(orgId: OrgId, { task }: SubmitJob): string {
  return digestOf([orgId, task]);
}

/** The same value written in another order is the same. */
export const digestOf = (value: unknown): string =>
  createHash('sha256')
    .update(
      JSON.stringify(value ?? null, (_key, held: unknown) => {
        if (held === null || typeof held !== 'object' || Array.isArray(held)) return held;
        return Object.fromEntries(Object.entries(held).sort(([left], [right]) => (left < right ? -1 : 1)));
      }),
    )
    .digest('base64url');
