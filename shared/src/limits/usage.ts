/** What was used, and for how long that is known (cells/src/usage). */
export const usageLimits = {
  usage: {
    /** A year to compare with, and a month in which the last one's bill is argued about. */
    keptDays: 400,
    /**
     * Rows of the ledger are at most two for each of eight meters in an hour in which it changed: a workspace used
     * eight hours a day makes about 60 a day of 150 bytes, 3.6 MB in 400 days. Removed so many in a statement.
     */
    removeRowsMax: 10_000,
    tidyEveryMs: 600_000,
    /** Meters of what is not held any more are closed after this: few that are used daily come and go each time. */
    settleAfterMs: 2 * 3_600_000,
    /** In one statement: 1,000 at 0.1 ms. */
    settleRowsMax: 1_000,
    /** Statements of one round: 100,000 rows go in a round, ten times what 1,000 busy workspaces make between two. */
    tidyStatementsMax: 10,
    /** One answer: eight meters of 2,500 workspaces for one day, or of one workspace for a hundred; 2 MB. */
    piecesMax: 20_000,
    /** A cell's part of an answer for several; one that takes longer is missing in it. */
    askMs: 8_000,
  },
} as const;
