/** The log in memory: for the simulator and for tests of what stands on it. */
import type { EventLog, StoredEntry } from './event-log.ts';
import { jobOf } from './event-log.ts';
import { staleAppend, takenNumbers } from './refusals.ts';

/** `epochOf`: what the leader row says now. */
export function createMemoryEventLog(epochOf: () => number): EventLog {
  const entries: StoredEntry[] = [];
  return {
    async append(batch) {
      if (batch.epoch !== epochOf()) throw staleAppend(batch);
      if (batch.firstSeq !== entries.length + 1) throw takenNumbers(batch);
      for (const entry of batch.entries)
        entries.push({ ...structuredClone(entry), seq: entries.length + 1, epoch: batch.epoch });
    },
    lastSeq: async () => entries.length,
    read: async (afterSeq, countMax) => entries.slice(afterSeq, afterSeq + countMax),
    async eventsOf(jobIds, afterSeq = 0) {
      const wanted = new Set<string | null>(jobIds);
      return entries.filter(({ seq, event }) => seq > afterSeq && wanted.has(jobOf(event)));
    },
  };
}
