/** The log in memory: for the simulator and for tests of what stands on it. */
import type { EventLog, Outcome, StoredEntry } from './event-log.ts';
import { jobOf } from './event-log.ts';
import { outcomesOfBatch } from './outcomes-of-batch.ts';
import { staleAppend, takenNumbers } from './refusals.ts';

/** `epochOf`: what the leader row says now. */
export function createMemoryEventLog(epochOf: () => number): EventLog {
  const entries: StoredEntry[] = [];
  const outcomes = new Map<string, Outcome>();
  return {
    async append(batch) {
      if (batch.epoch !== epochOf()) throw staleAppend(batch);
      if (batch.firstSeq !== entries.length + 1) throw takenNumbers(batch);
      for (const outcome of outcomesOfBatch(batch))
        if (!outcomes.has(outcome.jobId)) outcomes.set(outcome.jobId, outcome);
      for (const entry of batch.entries)
        entries.push({ ...structuredClone(entry), seq: entries.length + 1, epoch: batch.epoch });
    },
    lastSeq: async () => entries.length,
    read: async (afterSeq, countMax) => entries.slice(afterSeq, afterSeq + countMax),
    async eventsOf(jobIds, afterSeq = 0) {
      const wanted = new Set<string | null>(jobIds);
      return entries.filter(({ seq, event }) => seq > afterSeq && wanted.has(jobOf(event)));
    },
    async outcomesOf(jobIds) {
      return jobIds.flatMap((jobId) => outcomes.get(jobId) ?? []);
    },
  };
}
