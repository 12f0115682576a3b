/** Of the regional scheduler's service: its log, its leader, and what agents ask of it. */
export const schedulerLimits = {
  scheduler: {
    /** One for appends, one for the lease, two for arrivals and prompts, the rest for readers and submitters. */
    connectionsMax: 12,
    reconnectMs: 250,
    /**
     * The leader's lease. A second instance leads at the latest `leaseMs + campaignMs` after the first one died, and it
     * has followed the log until then: under five seconds with two to spare. The margin covers a statement under way.
     */
    leaseMs: 2_500,
    leaseMarginMs: 700,
    /** How often who does not lead brings its copy up to date and looks whether anybody leads. */
    campaignMs: 300,
    /** A statement about the lease that takes longer is as good as failed. */
    leaseStatementMs: 1_500,
    /**
     * Any other statement on the way of who leads or follows: the server's own limit for one (`statementTimeoutMs`),
     * and to connect anew before it. One that is answered by nobody for so long never will be.
     */
    statementMs: 15_000,
    /** How long an agent may go on without hearing from anybody (shared/src/protocol/gpu-agent-api.ts). */
    agentLeaseMs: 60_000,
    /** Clocks of different pace, and an answer that was long on its way. */
    agentMarginMs: 5_000,
    /** A leader that has not looked for so long has stood still: reports may lie unread, and nobody counts as silent. */
    stallMs: 5_000,
    /** Reports read in one turn: a fraction of a millisecond each. */
    reportsPerTurn: 256,
    /** Decided in one round: 200 at some 30 µs each are 6 ms, and agents that wait are answered between rounds. */
    roundEventsMax: 200,
    /** Events in one commit, and about: while one is written the next is decided, each some 10 ms on either side. */
    pieceEvents: 600,
    /** Events of one turn, before agents are answered: a tenth of a second. */
    turnEventsMax: 6_000,
    /** Arrivals read at once; of the rest the next turn takes as many. */
    arrivalsMax: 1_000,
    /** How often the leader looks for arrivals and what time has brought when nobody wakes it. */
    turnMs: 100,
    /** Between two turns, when something is due that could not be done. */
    pauseMsMin: 20,
    /** Events read at once: about 2 MB, ten milliseconds to take apart. */
    readMax: 5_000,
    /** Folded in one go: five milliseconds. */
    foldEvents: 1_000,
    /** Tried again for as long as the lease lasts. */
    appendRetryMs: 100,
    /** Reports of agents that wait for their turn: 5,120 GPUs are 640 hosts with one each; beyond it they come again. */
    reportsMax: 4_096,
    /** Of 64 devices and 512 attempts with 16 KB of log each; what is longer is refused. */
    reportBytesMax: 12 * 1024 ** 2,
    /** Being read at once: 384 MB at the worst, and a few milliseconds each; a host sends one, and one that cuts it short. */
    reportsReadMax: 32,
    reportsReadOfHostMax: 2,
    /** Pieces of 8 MiB in memory at once: 512 MiB; of a host two for each of its eight GPUs. */
    piecesMax: 64,
    piecesOfHostMax: 16,
    /**
     * A snapshot after so many events; whether it is due is looked at so often. Folding a million queued jobs anew takes
     * their snapshot (3 s) and 5 to 7 µs for each event after it. 10,600 jobs a second, the most that were taken in, placed
     * and ended (`bench -- scheduler`), are 42,000 events: 150,000 are there when it falls due, 42,000 more when that is
     * seen, and 640,000 more when it is made (15 s beside a busy leader): less than a million. The 61,600 of starts and
     * ends alone need jobs that end within a third of a second; beyond a million somebody is told.
     */
    snapshotEvents: 150_000,
    snapshotLookMs: 1_000,
    tailEventsMax: 1_000_000,
    /** So many are kept: the one before, in case the newest cannot be read. */
    snapshotsKept: 2,
    /** Parts that are on their way while one is loaded: a few hundred kilobytes each. */
    partsAhead: 4,
    /** Reading the one before and writing this; folding takes 10 µs an event, twenty times that on a busy machine. */
    snapshotMs: 120_000,
    snapshotMsPerEvent: 0.2,
    /** Events in one partition of the log: about a gigabyte. */
    partitionEvents: 2_000_000,
    /**
     * Readers without a leader tell a job's state by its last event, and no job runs longer than a day: partitions
     * whose newest event is older than two days tell of no job that still runs.
     */
    eventsKeptMs: 2 * 24 * 60 * 60 * 1000,
    upkeepMs: 60_000,
    /** 128 bits in hexadecimal. */
    secretCharsMin: 32,
    /** A result of a gigabyte at 30 MB/s, with room; tried so often. */
    s3Ms: 60_000,
    s3Attempts: 3,
    /** Prompts of jobs that run or are about to, at up to 20 KB: 64 MB at the most. */
    promptsKept: 3_000,
    /** What runtimes are learned from: ends of a second, and of more a sample of so many jobs, one query. */
    learnEveryMs: 1_000,
    learnJobsMax: 200,
    /** At the start: the last 20,000 events are some 3,000 ends, in pages of 10 MB at the most. */
    learnPageEvents: 2_000,
    learnPages: 10,
    /** The busiest, in one answer to an operator: a quarter of a megabyte. */
    customersShownMax: 1_000,
  },
} as const;
