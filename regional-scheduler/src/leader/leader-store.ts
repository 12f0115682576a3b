/**
 * The one row that says who leads. Its time is the store's own, so that instances need not agree on theirs. Every
 * grant raises the epoch, also one to the same holder; the log refuses whatever carries an older one.
 */
export interface LeaderRow {
  holder: string;
  url: string;
  epoch: number;
  /** Whether its time is not over, by the store's clock, at the moment it was read. */
  isValid: boolean;
}

export interface LeaderStore {
  /** The new epoch, or null while another's time is not over. */
  acquire(candidate: { holder: string; url: string; ttlMs: number }): Promise<number | null>;
  /**
   * False where another term has begun, or this one's time is over: agents may since have been told that nobody leads,
   * so that who goes on must count their leases from a term of its own.
   */
  renew(holder: string, epoch: number, ttlMs: number): Promise<boolean>;
  /** Ends the term at once, so that another need not wait. */
  release(holder: string, epoch: number): Promise<void>;
  current(): Promise<LeaderRow | null>;
}
