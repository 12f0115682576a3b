/** One JSON line per event, the form the other programs' logs have. */
import { systemClock } from '@cellbook/shared/clock.ts';

export type Level = 'info' | 'warn' | 'error';

export function log(level: Level, message: string, fields: { cause?: unknown; ids?: object } = {}): void {
  const cause = fields.cause instanceof Error ? (fields.cause.stack ?? fields.cause.message) : fields.cause;
  const line = JSON.stringify({
    level,
    time: systemClock.nowMs(),
    program: 'edge',
    msg: message,
    ...fields,
    cause,
  });
  if (level === 'error') console.error(line);
  else console.log(line);
}
