import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { describe, expect, it } from 'vitest';
import { waitUntil } from './wait-until.ts';

describe('waiting for a condition', () => {
  it('polls until there is a value, taking throws for "not yet"', async () => {
    const clock = new ManualClock();
    let calls = 0;
    const condition = () => {
      calls++;
      if (calls === 1) throw new Error('refused');
      return calls === 3 ? 'there' : null;
    };
    const waiting = waitUntil(condition, { clock, deadlineMs: 1_000, what: 'it' });
    await clock.advance(200);
    expect(await waiting).toBe('there');
  });

  it('gives up at the deadline, with the last throw as the cause', async () => {
    const clock = new ManualClock();
    const refused = new Error('refused');
    const waiting = waitUntil(
      () => {
        throw refused;
      },
      { clock, deadlineMs: 1_000, what: 'Postgres to answer' },
    );
    const outcome = expect(waiting).rejects.toMatchObject({
      doing: 'waiting for Postgres to answer',
      cause: refused,
    });
    await clock.advance(2_000);
    await outcome;
  });

  it('ends at once on a typed error: waiting longer would not help', async () => {
    const ended = new CellbookError('internal', { doing: 'starting Redis', problem: 'it ended' });
    const options = { clock: new ManualClock(), deadlineMs: 1_000, what: 'it' };
    await expect(waitUntil(() => Promise.reject(ended), options)).rejects.toBe(ended);
  });

  it('ends when its signal aborts', async () => {
    const controller = new AbortController();
    const options = { clock: new ManualClock(), deadlineMs: 1_000, what: 'it', signal: controller.signal };
    const waiting = waitUntil(() => null, options);
    controller.abort(new Error('Ctrl-C'));
    await expect(waiting).rejects.toThrow('Ctrl-C');
  });
});
