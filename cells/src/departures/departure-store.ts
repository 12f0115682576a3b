/** What a cell knows of people who have left an organisation. Both implementations pass departure-store.test.ts. */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { Departure } from '@cellbook/shared/protocol/departures-api.ts';

export interface DepartureStore {
  /** The number that was told up to; 0: nothing yet. */
  upTo(): Promise<number>;
  /** Keeps what was told and the number with it; who is back is forgotten. Told twice, nothing is different. */
  learn(departures: readonly Departure[], upTo: number): Promise<void>;
  hasLeft(user: UserId, org: OrgId): Promise<boolean>;
  /** Whose every departure was before then, and one of them is not settled: the longest gone first; each once. */
  overdue(beforeMs: number, limit: number): Promise<UserId[]>;
  /** What they left before then is done with. */
  settle(users: readonly UserId[], beforeMs: number): Promise<void>;
}
