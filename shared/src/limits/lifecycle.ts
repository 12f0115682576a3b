/** The life of a workspace. */
export const lifecycleLimits = {
  lifecycle: {
    /** JupyterLab shows a request as failed after its own time-out; the edge's is 100 s, so a held request ends first. */
    holdRequestMsMax: 60_000,
    /** A deleted workspace can be brought back this long. */
    deleteUndoMs: 7 * 24 * 3_600_000,
    /** How soon a place may be free again: suspends take a second or two, idle ones end every few seconds. */
    capacityRetryAfterMs: 5_000,
    /** Seconds without a busy kernel before a suspend, where the owner has set nothing. */
    idleSuspendSecondsByTier: { free: 1_200, paid: 3_600, enterprise: 14_400 },
    /**
     * Open tabs are told this long before a suspend for idleness, of a short idle time a quarter: long enough to
     * come back from a coffee.
     */
    idleWarningMs: 300_000,
    idleWarningShare: 0.25,
    /** A lease outlives two failed renewals (every 10 s) and its margin, so a short store outage costs nothing. */
    lease: { ttlMs: 30_000, marginMs: 5_000 },
    /**
     * Workspaces acted on at once. On two cores twelve move 235 workspaces a second and sixty-four 245, while a write
     * of the API takes 32 and 205 ms (p50) beside them: they share one event loop.
     */
    executorsMax: 16,
    /**
     * Of them, sandboxes being started, where hosts have the processors: half of these are anybody's, a quarter for paid
     * and enterprise, a quarter for enterprise (boot-turns.ts); the rest of the executors is for thaws.
     */
    startsMax: 12,
    /** Places for the lowest tier are half as many for so long after a higher one came. */
    mixedMs: 60_000,
    /**
     * By so much sooner a tier's boot counts as asked for: two hundred boots on two cores take ten minutes, of which
     * free ones wait at most five longer than they would without the others.
     */
    headStartMsByTier: { free: 0, paid: 120_000, enterprise: 300_000 },
    /** Who waits is told where he stands so often: a queue of free boots moves twice a second. */
    queueTellMs: 1_000,
    /** Workspaces that wait for a turn to boot beside the executors: 10 KB each. */
    waitingBootsMax: 1_000,
    /** Rows in one statement: as many as there are executors, at about 1 KB each. */
    batchMax: 64,
    /** Statements of one kind under way: while one is committed, the next is filled and sent. */
    batchLanes: 2,
    /** Revisions remembered of rows that were acted on: 20,000 at about 100 bytes are 2 MB. */
    revisionsKeptMax: 20_000,
    /** Rows one sweep takes up; the next one takes the rest. */
    sweepRowsMax: 500,
    /** What signals missed is found this much later at the latest. */
    sweepIntervalMs: 5_000,
    /** Activity is written down in batches; after a crash the idle policy is off by this much. */
    activityFlushMs: 15_000,
    /**
     * A sandbox that was taken over is not called idle sooner, however long its controller was away:
     * JupyterLab's longest pause before it connects again is 63 s, and a busy kernel is heard of with the link.
     */
    takenOverIdleMsMin: 90_000,
    /** Attempts follow each other after up to 1, 2, 4 … 60 s. */
    retry: { attemptsMax: 30, baseDelayMs: 1_000, maxDelayMs: 60_000 },
    /** A request is not held for an attempt that is further away than this. */
    holdForRetryMs: 5_000,
    /** Deadlines of the steps. A boot with numpy took 5.6 s on two cores; a flush of 1 GB at 50 MB/s takes 20 s. */
    attachMs: 60_000,
    /** All rungs of the ladder, one after the other. */
    startMs: 58_000,
    /** A rename on the host, a row, and a connection. */
    adoptMs: 10_000,
    /** One read of a few rows, at most 200 decryptions of 0.1 ms, and one request over the link. */
    injectSecretsMs: 15_000,
    announceMs: 10_000,
    quiesceMs: 10_000,
    flushMs: 300_000,
    stopMs: 20_000,
    detachMs: 60_000,
    purgeMs: 300_000,
    /** Read of the record of a resume that is taken over: its eight entries, and those of five attempts to. */
    takenOverRecordMax: 50,
    /** Newest transitions kept of a workspace: about a hundred resumes and suspends. */
    transitionsKept: 2_000,
    /** They are counted and trimmed after one suspend in so many, by its epoch: 16 of them are 300 entries. */
    trimEveryEpochs: 16,
    /**
     * Failures in a row after which a running sandbox that cannot be taken over is given up, and its workspace
     * starts anew at the next need. One attempt per sweep: 50 s, longer than a daemon or a store is away when
     * it is restarted.
     */
    adoptionsMax: 10,
    /** The same for one that nobody wants to run: he waits for its suspend, and its memory is still wanted. */
    unwantedAdoptionsMax: 3,
    /**
     * A host may be silent so long before one that is on its way up or down there is gone on with: longer than a
     * daemon, a link or a machine is away when it is restarted. What runs there is waited for without an end.
     */
    hostSilentMsMax: 300_000,
    /** A host that does not answer is asked again: a daemon restarts in two or three seconds. */
    hostLookAgainMs: 1_000,
    /** Tabs poll every 10 s; a row this old may be told to them. 5,000 rows of 600 bytes are 3 MB. */
    rowCacheMs: 1_000,
    rowCacheMax: 5_000,
    /** Threads and processes in a sandbox: a fork bomb ends here; pandas with a thread per core uses dozens. */
    sandboxPidsMax: 1_024,
    /** `recover` waits so long for the outcome: a resume takes a few seconds; what takes longer is seen by reading. */
    recoverWaitMs: 10_000,
    recoverLookMs: 100,
    /** How long a starting process waits for its predecessor to drain. */
    hostLockMs: 40_000,
    /** A drain is given this long; an orchestrator kills after 30 s or more. */
    drainMs: 25_000,
  },
} as const;
