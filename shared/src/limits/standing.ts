/**
 * How cells hear that a right has ended. A socket outlives it by at most askEveryMs, the ask before it and its own
 * (askMsMax each): 40 s; the promise is 60 s, as for a request.
 */
export const standingLimits = {
  standing: {
    /** One read of the directory per cell: 1,000 cells are 50 a second, each of rows above a number. */
    askEveryMs: 20_000,
    askMsMax: 10_000,
    /** Of one document: 5,000 facts at 90 bytes are 450 KB, 600 KB as base64url. */
    pageFactsMax: 5_000,
    bytesMax: 1024 * 1024,
    /**
     * A fact matters to a cell as long as an edge may not know it: edges use what they read last for 25 hours
     * (edge.snapshotStaleMsMax), and an hour for clocks and what is under way. A socket that nobody has confirmed
     * for the same 25 hours is sent back to the edge.
     */
    keptMs: 26 * 3_600_000,
    unconfirmedMsMax: 25 * 3_600_000,
    /** Subjects a cell knows something of: 100,000 at about 120 bytes are 12 MB, and one for each second of a day. */
    factsMax: 100_000,
    /** Cells told at once of a change; a request may make some hundred of its own, others ask within the interval. */
    tellCellsMax: 40,
    tellMsMax: 5_000,
    /** Facts told at once: one change of an organisation is a few. */
    tellFactsMax: 100,
    /** An isolate that is told that it is behind reads anew this often: three rows of snapshots, below a second. */
    rereadEveryMs: 1_000,
    /** Who comes with claims that are older than what the cell knows: the edge reads them anew in well under this. */
    retryAfterMs: 2_000,
    /** Repeated tasks read at once, of whom rights have ended: 100 bytes each. */
    tasksPerPage: 1_000,
  },
} as const;
