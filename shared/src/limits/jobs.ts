/** GPU jobs: what is asked for, admitted, kept and told (regional-scheduler/src/{api,admission,results,webhooks}). */
export const jobLimits = {
  jobs: {
    /** What an agent is handed whole: a page of text is 3,000. */
    promptCharsMax: 20_000,
    /** Of one job, as JSON: a few dozen names and numbers. */
    parametersBytesMax: 16 * 1024,
    /** A notebook without its outputs; 99 of 100 public ones are smaller. */
    notebookBytesMax: 256 * 1024,
    /** Levels of a request; a notebook has a dozen, and a stack holds some thousands. */
    nestingMax: 100,
    labelsMax: 16,
    /** Thousands at once; at 1 KB a prompt 5 MB. */
    batchMax: 5_000,
    bodyBytesMax: 512 * 1024,
    batchBodyBytesMax: 16 * 1024 * 1024,
    gpusMax: 8,
    /** The largest GPU there is has 288 GB. */
    gpuMemoryMibMax: 300_000,
    gpuMemoryMibDefault: 8_192,
    skusMax: 16,
    attemptsDefault: 3,
    attemptsMax: 10,
    /** All attempts together. The 99th percentile runs ten minutes; a notebook may take a night. */
    wallSecondsDefault: 1_800,
    wallSecondsMaxByTier: { free: 3_600, paid: 6 * 3_600, enterprise: 24 * 3_600 },
    /** A time further away is a calendar's matter. */
    notBeforeMsMax: 30 * 86_400_000,
    repeatSecondsMin: 60,
    repeatSecondsMax: 31 * 86_400,
    repeatTimesMax: 10_000,
    pageSizeDefault: 50,
    pageSizeMax: 200,
    /** Jobs of one customer looked at to say where one of them stands: 10,000 take a millisecond. */
    explainRowsMax: 10_000,
    /** What the queue is like is worked out so often: a number of each of 10,000 customers. */
    pressureEveryMs: 1_000,

    /**
     * Token buckets of submissions. An organisation of paying customers may hand in 10,000 at once, and then what a
     * region of some thousand GPUs finishes in a second; a user half of it, so that one loop in a notebook leaves his
     * colleagues room; a tier as a whole what the log takes (500 a second) with its burst.
     */
    rate: {
      free: { user: { burst: 60, perSecond: 0.5 }, organisation: { burst: 200, perSecond: 2 } },
      paid: { user: { burst: 1_000, perSecond: 5 }, organisation: { burst: 2_000, perSecond: 20 } },
      enterprise: {
        user: { burst: 10_000, perSecond: 100 },
        organisation: { burst: 20_000, perSecond: 200 },
      },
    },
    tierRate: {
      free: { burst: 5_000, perSecond: 300 },
      paid: { burst: 10_000, perSecond: 500 },
      enterprise: { burst: 40_000, perSecond: 1_000 },
    },
    /** One command to Redis on the way of a submission; later the answer is asked of Postgres. */
    rateRedisMs: 100,
    /** After Redis failed it is left alone so long: not every submission waits for it again. */
    rateRedisRestMs: 5_000,
    /** Jobs of one holder that have not ended: 10,000 wait at the most where tests of a customer's flood ask for it. */
    unfinished: {
      free: { user: 50, organisation: 200 },
      paid: { user: 2_000, organisation: 5_000 },
      enterprise: { user: 50_000, organisation: 100_000 },
    },
    /** In millionths of the account's unit: a GPU-second of the reference model at 2.16 an hour. */
    microsPerGpuSecond: 600,
    /** Of a calendar month (UTC), reserved and spent together: 10, 5,000 and 1,000,000 units. */
    spendMicrosPerMonth: {
      free: { user: 5_000_000, organisation: 10_000_000 },
      paid: { user: 1_000_000_000, organisation: 5_000_000_000 },
      enterprise: { user: 1_000_000_000_000, organisation: 1_000_000_000_000 },
    },
    /**
     * Who is turned away before anything is stored: a tier whose predicted wait is over its hour, or when so many jobs
     * of the region wait in all. One of the log's million takes 1 KB of the leader's memory.
     */
    shed: {
      free: { waitMs: 3_600_000, queued: 400_000 },
      paid: { waitMs: 4 * 3_600_000, queued: 800_000 },
      enterprise: { waitMs: 24 * 3_600_000, queued: 1_000_000 },
      retryAfterMsMin: 5_000,
      retryAfterMsMax: 600_000,
    },
    /**
     * Who is turned away since submissions wait for too long to be stored, and for too many others: at 800 stored a second
     * 128 under way wait 160 ms, and acknowledgements stay below 200. At 500 a second some 15 are. Room that is left
     * above the free ones is the others' alone, also where all stand still for a moment and waiting tells nothing.
     */
    late: {
      underWay: { free: 32, paid: 64, enterprise: 128 },
      waitMs: { free: 40, paid: 60, enterprise: 80 },
      retryAfterMs: { free: 5_000, paid: 3_000, enterprise: 1_000 },
    },
    /** What the leader said of the queue counts so long; older, nobody is turned away by it. */
    pressureMsMax: 30_000,
    /** Submissions that come within so long, or so many, are one commit: at 500 a second ten of them. */
    groupCommitMs: 5,
    groupCommitMax: 500,
    /** Waiting for their commit: 2 seconds of ten times the usual load; the rest is told to come again. */
    groupCommitWaitingMax: 10_000,
    storeMs: 5_000,

    /** How long a result can be fetched; its bytes go then. */
    resultDaysByTier: { free: 7, paid: 30, enterprise: 90 },
    /** How long what there was of a job is remembered. */
    jobDaysByTier: { free: 30, paid: 180, enterprise: 400 },
    /** Jobs forgotten in one commit, and commits of one pass: of a minute's 30,000 at 500 a second. */
    pruneRowsMax: 500,
    pruneBatchesMax: 60,
    /** Identical requests are recognised as long as the result is there, at the longest. */
    resultUrlSecondsDefault: 3_600,
    resultUrlSecondsMax: 7 * 86_400,
    /** Expired results looked at together; one page after the other until none is due. */
    expireRowsMax: 200,
    /** Removed side by side: at 50 ms each 320 a second, which is what a region makes in its best. */
    expireAtOnce: 16,
    expireEveryMs: 60_000,

    eventHeartbeatMs: 15_000,
    eventStreamMsMax: 5 * 60_000,
    eventStreamsPerUserMax: 50,
    /** In one process: at 256 KB of a slow reader's each 512 MB, and usually a few KB. */
    eventStreamsMax: 2_000,
    /** Streams look so often where no hint has come: a hint may be lost. */
    eventLookMs: 2_000,
    eventPageRows: 200,
    eventBufferBytesMax: 256 * 1024,
    eventDrainMs: 30_000,
    /** From the end of a stream until a reader is cut off that has not taken it: 256 KB at 400 kbit/s. */
    eventCutMs: 5_000,
    /** Of one attempt, the last of what it wrote; as an agent reports it. */
    logTailCharsMax: 16_384,
    logNotedMs: 3_600_000,
    /** Attempts whose last lines a process holds: all of 5,120 GPUs at 16 KB are 84 MB. */
    logsNotedMax: 5_120,

    /** Events read to find ends among them: 1,000 are 300 KB, a third of a second's at 500 jobs a second. */
    endsPageEvents: 1_000,
    /** Where no hint has come. */
    endsLookMs: 2_000,

    webhook: {
      urlCharsMax: 2_000,
      /** A receiver that takes longer, its name included, is asked again. */
      answerMs: 10_000,
      /** Of it for the name: two tries of two name servers. */
      resolveMs: 5_000,
      nameServerMs: 1_000,
      answerBytesMax: 4_096,
      /** 5 s, 10 s, 20 s … one hour: 16 tries are about eight hours. */
      retryMsMin: 5_000,
      retryMsMax: 3_600_000,
      attemptsMax: 16,
      /** Taken by one process at a time, for so long: six times what a try may take. */
      leaseMs: 60_000,
      /** Under way in one process: a socket and a few KB each. Sixteen customers with dead receivers fill it … */
      atOnceMax: 128,
      /** … for one has this many of them: with receivers that answer in 100 ms 80 a second. */
      perOrganisationMax: 8,
      /** Rows looked at to find those that are someone's turn. */
      candidatesMax: 512,
      lookMs: 1_000,
      /** Organisations that were counted as reached or missed: some 100 bytes each. */
      countedMax: 10_000,
      /** A delivery is forgotten then, done or given up. */
      keptDays: 30,
    },
  },
} as const;
