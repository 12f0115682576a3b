/**
 * Reads what this isolate holds of people's rights anew, out of its turn: after a change of its own, and when a cell
 * says by a header that it was sent claims older than a change it knows of.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { outdatedHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Defer } from '../directory/snapshot.ts';
import type { Snapshots } from '../directory/snapshots.ts';

export type Rights = Pick<Snapshots, 'revoked' | 'changes' | 'policies'>;

/** Where the directory cannot be read, what was read last stays. */
export async function reread({ revoked, changes, policies }: Rights, defer: Defer): Promise<void> {
  await Promise.allSettled([revoked, changes, policies].map((held) => held.reload(defer)));
}

/** Given each answer of a cell; of many that say so at once, one is acted upon. */
export function createRereader(clock: Clock, rights: Rights): (answer: Response, defer: Defer) => void {
  let readMs = Number.NEGATIVE_INFINITY;
  return (answer, defer) => {
    if (!answer.headers.has(outdatedHeader)) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - readMs < limits.standing.rereadEveryMs) return;
    readMs = nowMs;
    defer(reread(rights, defer));
  };
}
