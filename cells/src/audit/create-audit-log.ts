/** The log of one process of a cell: bounded, in front of the chain's writer. */

import { bodyOf, bounded, newEvent } from '@cellbook/shared/audit/make-event.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditEvent, NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { AuditLog, OpenDeed } from './audit-log.ts';
import type { ChainWriter } from './chain-writer.ts';

export interface AuditLogDeps {
  chain: ChainWriter;
  /** The writer's name, as in its intents. */
  writer: string;
  clock: Clock;
  random: Random;
}

export function createAuditLog(deps: AuditLogDeps): AuditLog {
  const { chain, writer, clock } = deps;
  let open = 0;

  /** Every deed that is begun has its place for the end kept, so an end is never refused. */
  function admit(): void {
    if (chain.waiting + open >= limits.audit.queueMax) throw full();
  }

  return {
    async record(given) {
      admit();
      await chain.write({ body: bodyOf(newEvent(given, deps)) });
    },
    async begin(given) {
      admit();
      const event = newEvent({ ...given, result: interrupted }, deps);
      const { id } = event;
      open += 1;
      const untilMs = clock.nowMs() + limits.audit.intentMsMax;
      try {
        await chain.write({ open: { id, body: bodyOf(event), ready: false, writer, untilMs } });
      } catch (error) {
        open -= 1;
        throw error;
      }
      return openDeed(event, chain, () => {
        open -= 1;
      });
    },
    settle: () => chain.settle(),
  };
}

function openDeed(event: AuditEvent, chain: ChainWriter, over: () => void): OpenDeed {
  return {
    async end({ result, which, details }) {
      over();
      const ended = bounded({
        ...event,
        result,
        which: { ...event.which, ...which },
        details: { ...event.details, ...details },
      });
      await chain.write({ body: bodyOf(ended), close: event.id });
    },
  };
}

/** What an event says when its maker died before it could say more. */
const interrupted: NewAuditEvent['result'] = { outcome: 'unknown', code: 'interrupted', status: null };

const full = (): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: 'writing to the audit log',
    problem: `${limits.audit.queueMax} events wait for it already`,
    next: 'Try again in a few seconds.',
    retryAfterMs: 2_000,
  });
