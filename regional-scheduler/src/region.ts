/**
 * What an instance offers to everything that is hung on it (the jobs API, federation, agents): the record, a hint of
 * what was just committed, a read-only look at this instance's copy of the state, and the way to wish for something.
 * All of it works on every instance, whoever leads.
 */
import type { SchedulerEvent } from './core/model/event.ts';
import type { SchedulerState } from './core/state.ts';
import type { EventLog, StoredEntry } from './log/event-log.ts';

export interface Region {
  log: EventLog;
  /** A hint after each commit that this instance hears of: at once where it leads, else within `campaignMs`. */
  follow(listener: (committed: readonly StoredEntry[]) => void): () => void;
  /** Something was written for the leader to take in: it looks at once where it is here. */
  wake(): void;
  /** A durable wish, taken in order by whoever leads. `by`: who, for the record. */
  ask(event: SchedulerEvent, by: string): Promise<void>;
  /** To be read at once and never kept; null while it is folded anew. A leader's may be ahead of the log. */
  state(): SchedulerState | null;
  leadership(): { leads: boolean; epoch: number };
}
