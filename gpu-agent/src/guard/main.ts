/**
 * The second pair of eyes: a process beside the agent that kills what runs when the agent itself cannot, because it was
 * killed, or stands still (stopped, swapped out, in an endless loop) while its leases run out.
 *
 *     agent ── stdin, a line each ──▶ guard     {watch: {attemptId, marks, untilNs}} | {over: attemptId}
 *
 * `untilNs` is of the kernel's monotonic clock, which both share. The end of its input is the agent's end: everything that
 * is still watched is killed at once, and the guard ends too.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '@cellbook/shared/clock.ts';
import { killAll } from '../run/processes.ts';
import { guardLineSchema, type Watch } from './guard-line.ts';

const lookMs = 100;
const watched = new Map<string, Watch>();

/** The agent is asked to go by signals to its group; the guard goes when it has gone. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const said = guardLineSchema.parse(JSON.parse(line));
  if ('watch' in said) watched.set(said.watch.attemptId, said.watch);
  else watched.delete(said.over);
});
lines.on('close', async () => {
  await Promise.all([...watched.values()].map(({ marks }) => killAll(marks, systemClock)));
  process.exit(0);
});

setInterval(() => {
  const nowNs = process.hrtime.bigint();
  for (const { attemptId, marks, untilNs } of watched.values()) {
    if (nowNs < BigInt(untilNs)) continue;
    watched.delete(attemptId);
    void killAll(marks, systemClock);
  }
}, lookMs);
