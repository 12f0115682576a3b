/**
 * Before an old key is taken from those who verify, nobody may sign with it any more: the edge says with which it
 * signs, and what it signed a moment ago is let end.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { ShownRings } from './words.ts';

const healthSchema = z.object({ signsWith: z.record(z.string(), z.string()) });
const askMsMax = 10_000;

export async function awaitEdge(options: {
  edgeUrl: string;
  use: string;
  rings: ShownRings;
  clock: Clock;
  /** Known to others, and to go at once: nothing that they signed is waited for. */
  compromised: readonly string[];
  say(text: string): void;
}): Promise<void> {
  const { edgeUrl, use, rings, clock, compromised, say } = options;
  const signing = rings[use]?.find(({ stage }) => stage === 'signing')?.kid;
  const hasOld = rings[use]?.some(({ stage }) => stage === 'old') ?? false;
  if (!hasOld && compromised.length === 0) return;
  const details = {
    code: 'cell_unreachable' as const,
    doing: `asking the edge at ${edgeUrl} what it signs with`,
  };
  const health = await withDeadline(clock, askMsMax, details, (signal) =>
    fetch(`${edgeUrl}/healthz`, { signal }),
  );
  const { signsWith } = healthSchema.parse(await health.json());
  if (signsWith[use] !== signing) {
    throw new CellbookError('conflict', {
      doing: `retiring old keys of ${use}`,
      problem: `the edge still signs with ${signsWith[use]}, and not with ${signing}`,
      next: 'Start the edge again (or deploy its variables), then try again.',
    });
  }
  if (use !== 'principal' || compromised.length > 0) return;
  const waitMs = limits.edge.principalTtlMs + limits.api.principalSkewSeconds * 1_000;
  say(`waiting ${waitMs / 1_000} s: what the edge signed before its start ends by then`);
  await new Promise<void>((resolve) => void clock.setTimer(waitMs, resolve));
}
