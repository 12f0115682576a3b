/** Files: volumes, versions, and the API of their contents. */
const dayMs = 24 * 3_600_000;
const gib = 1024 ** 3;

export const storageLimits = {
  storage: {
    /** Chunk of a file in the object store. */
    chunkBytes: 1024 * 1024,
    /** Files written by code are off the host within this (the promise is 10 s; two rounds of 4 s fit). */
    syncIntervalMs: 4_000,
    /** A file this small lives inside its directory's object: most of a home is small, and a chunk costs an fsync. */
    inlineBytesMax: 1_024,
    /** Above this many chunks (64 MiB) the list is an object of its own, so that directories stay small. */
    chunksPerEntryMax: 64,
    /** Times set by Node itself, one after the other; beyond it one question to Python is quicker. */
    timesByNodeMax: 16,
    /** Times in one question to the process that sets them: 1,000 take it about 10 ms, so that the next need not wait. */
    timesPerAsk: 1_000,
    /** A question that takes a thousand times longer means that it hangs: it is ended, and times are nearly exact. */
    exactTimesMs: 10_000,
    /** Chunks in memory while one file is captured or materialised: 4 × 1 MiB hide the store's latency. */
    chunksInFlightPerFile: 4,
    /** Chunks in memory over all volumes of a cell: 32 MiB. */
    chunksInFlightMax: 32,
    /** Volumes whose bytes are fetched as they are read (cells/src/storage/lazy). */
    lazy: {
      /** Up to this much a volume is brought whole: at 1 Gb/s 17 s, and then it needs nobody any more. */
      aboveMebibytes: 2_048,
      /** At 20 ms to the store 64 at a time are 3,000 directories a second. */
      directoriesInFlight: 64,
      /** One answer to the kernel: 8 chunks' worth of them wait at most, and its own limit is 1 MiB. */
      readBytesMax: 1024 * 1024,
      /** Chunks under way beyond what is read in order: 4 × 1 MiB fill 1 Gb/s at 20 ms (2.5 MB) and a half more. */
      ahead: 4,
      /** Chunks in memory per volume: what is read again at once, or was fetched ahead. */
      memoryBytesMax: 32 * 1024 * 1024,
      /** Fetched while nobody waits: what is under way when somebody does delays him by 2 MiB, 17 ms at 1 Gb/s. */
      restInFlight: 2,
      /** Only then: a resume's first cell has link and processors to itself, and 3 s of 1 Gb/s are little of 20 GB. */
      restAfterMs: 3_000,
      writesInFlight: 4,
      /** Fetched chunks that wait for the disk: four turns' worth of them, 16 MiB per volume. */
      writesWaitingMax: 16,
      /** A chunk, from the disk or the store: three tries of 15 s, with what lies between them. */
      bringMsMax: 60_000,
      /** Fetched chunks are kept on the host's disk while so much is free: they can be had again, what code writes not. */
      diskHeadroomBytesMin: 2 * 1024 * 1024 * 1024,
      /** Opening one anew that was cut off: whoever runs over it may be hard to end; until it is done its files are read by nobody. */
      openAnewRetry: { attemptsMax: Number.MAX_SAFE_INTEGER, baseDelayMs: 500, maxDelayMs: 15_000 },
      /** These come first of what nobody has asked for: source, notebooks, packages; one chunk each. */
      smallFileBytes: 1024 * 1024,
    },
    /** All directories of a tree in one object (cells/src/storage/tree/tree-pack.ts). */
    packs: {
      /** At 20 ms a level and 32 at a time, so many directories are a tenth of a second. */
      directoriesMin: 64,
      /** 200,000 entries at 300 bytes; a tree of more of either is read directory by directory. */
      bytesMax: 64 * 1024 * 1024,
      entriesMax: 200_000,
      /** Parsing a mebibyte takes 15 to 30 ms: so long does everybody else of the process wait, and not 2 s for all. */
      bytesPerTurn: 1024 * 1024,
      /** Of the directories kept per cell (`directoryCacheBytesMax`), a quarter: the others' stay. */
      cachedBytesMax: 8 * 1024 * 1024,
      /** Storing one as files are given back: a second's work, which nothing waits for longer than this. */
      saveMsMax: 10_000,
    },
    /** Files created at a time when a volume is materialised; more only queue in libuv's four threads. */
    filesInFlight: 8,
    /** Parsed directories kept per cell, by the size of their objects: about 40,000 small directories. */
    directoryCacheBytesMax: 32 * 1024 * 1024,
    /** Directories added up in one commit to measure a volume: 1,000 at about 0.2 ms; the next commit goes on from there. */
    measuredDirectoriesMax: 1_000,
    /** What one workspace may make the cell index: 200,000 entries at about 450 bytes are 90 MB. */
    entriesMax: 200_000,
    /** Deeper trees are reported, not captured: each level holds a file descriptor during a scan. */
    depthMax: 256,
    /** Longest apparent size that is captured: reading 32 GiB of holes takes about ten seconds. */
    fileBytesMax: 32 * 1024 * 1024 * 1024,
    /** A larger file has a lane of its own, so that it does not keep the small ones waiting: 64 MiB take about 1 s. */
    largeFileBytes: 64 * 1024 * 1024,
    /** A file that changes while it is read is read again this often before a torn copy is kept for one round. */
    captureAttemptsMax: 3,
    /** Timestamps of ext4 and tmpfs step by a tick (4 ms at 250 Hz): one this fresh cannot prove "unchanged". */
    racyStampMs: 20,
    /** Symbolic links followed in one look-up; Linux's own limit. */
    symlinkHopsMax: 40,
    /** One request to the object store: 1 MiB at 1 Mbit/s takes 8 s. */
    objectDeadlineMs: 15_000,
    /** A half-written object that nobody has touched for so long is a killed process's: 240 deadlines. */
    incomingTtlMs: 3_600_000,
    /** Three tries with jitter end within a save's patience (JupyterLab waits a minute). */
    objectRetry: { attemptsMax: 3, baseDelayMs: 100, maxDelayMs: 1_000 },
    /** The syncer after a failed round; it never gives up, because the files are only on this host. */
    syncRetry: { attemptsMax: Number.MAX_SAFE_INTEGER, baseDelayMs: 500, maxDelayMs: 15_000 },
    /** Changes waiting on one workspace's lock: a hundred tabs saving at once; beyond it 429. */
    pendingPerWorkspaceMax: 256,
    /** A commit that loses its compare-and-swap reads the row and tries again this often. */
    commitAttemptsMax: 5,
    /** Manifests kept: every one of the last hour, then one an hour for a day, then one a day for a month. */
    versionsKeepAllMs: 3_600_000,
    versionsKeepHourlyMs: 24 * 3_600_000,
    versionsKeepDailyMs: 30 * 24 * 3_600_000,
    /**
     * Versions of files, by tier. Of one file: `recent` saves (JupyterLab saves a busy notebook 30 times an hour; beyond
     * an hour's age the last of each hour stays, so 100 hold an hour of every save and two weeks of work), and of what
     * falls out of them the last of each day. A save rewrites the list of the recent ones: 500 × 150 bytes. Of a file
     * that is no more, all for `goneMs`: a month's absence does not lose it. Of a workspace: `countMax` (5,000 at 150
     * bytes are 0.7 MB of directories to read when it is tidied) and `bytesMax`, a twentieth of what a user may store.
     */
    fileVersions: {
      free: { recent: 100, dailyMs: 30 * dayMs, goneMs: 30 * dayMs, countMax: 5_000, bytesMax: 2.5 * gib },
      paid: { recent: 250, dailyMs: 180 * dayMs, goneMs: 90 * dayMs, countMax: 10_000, bytesMax: 25 * gib },
      enterprise: {
        ...{ recent: 500, dailyMs: 365 * dayMs, goneMs: 180 * dayMs },
        ...{ countMax: 20_000, bytesMax: 100 * gib },
      },
    },
    /** Saves of the last hour are all kept; older ones give way to others of their hour when the list is full. */
    versionsThinAfterMs: 3_600_000,
    /** A volume that changed is tidied within this: a deleted file is noticed by then. */
    tidyAfterMs: 3_600_000,
    /** One that has earlier manifests is looked at daily, since they are thinned out by the day. */
    tidyDailyMs: dayMs,
    /** The pass over volumes that are on no host, and how many it takes at a time: 72,000 volumes a day. */
    tidyPassMs: 60_000,
    tidyPassMax: 50,
    /** A volume that is being tidied is nobody else's for this long; a crash leaves it due after. */
    tidyLeaseMs: 900_000,
    /** Objects removed between two looks at whether the volume is still ours: a tenth of a second of requests. */
    deletesPerLook: 10,
    /**
     * So long after it was sent a removal may still arrive: S3 refuses a request that was signed more than fifteen
     * minutes ago, the rest is for clocks, the renewal and the store's own time.
     */
    doubtMs: 1_200_000,
    /** A longer sweep says so again. */
    doubtRenewMs: 120_000,
    /** Larger than this a version's bytes are an object of their own, shared with the file where they are the same. */
    versionInlineBytesMax: 128,
    /** A volume is swept when this many manifests were added since: at one a round, every seventeen minutes. */
    commitsPerSweep: 256,
  },
  versions: {
    /**
     * Two files compared in a thread. Copying both in and taking the answer (every line of a text is in it) is what is
     * left to everybody's thread: a few hundredths of a second for 8 MiB.
     */
    diffBytesMax: 8 * 1024 * 1024,
    /** Notebooks people read have hundreds; aligning two of them compares every cell with every other at the worst. */
    diffCellsMax: 5_000,
    /** Of both versions: splitting 200,000 lines takes 80 ms. */
    diffLinesMax: 200_000,
    /** Characters read where every source of a gap is held against every other: 90 by 90 cells of 500, some 300 ms. */
    weakSignCharsMax: 10_000_000,
    /**
     * Lines and cells added and removed, in all of a file, until the rest counts as having nothing in common. Myers'
     * cost is the square: two thousand take 800 ms.
     */
    diffEditsMax: 2_000,
    /** A comparison that takes longer is given up with its thread: five times what the bounds above allow. */
    diffMs: 10_000,
    threadMemoryMiB: 512,
    /** Of one workspace: a page that asks for a few at a time. */
    waitingMax: 8,
    /** Of all workspaces, held in memory: 32 of the largest, or some thousand notebooks as people have them. */
    waitingBytesMax: 512 * 1024 * 1024,
  },
  contents: {
    /** A JSON body: JupyterLab sends files above 1 MiB in chunks, so this bounds one notebook; CDNs cut at 100 MB. */
    bodyBytesMax: 100 * 1024 * 1024,
    /** A file answered as JSON (base64 grows it by a third); larger ones go through /files, which streams. */
    readBytesMax: 128 * 1024 * 1024,
    /** Linux: 255 bytes a name, 4,096 a path. */
    nameBytesMax: 255,
    pathBytesMax: 4_096,
    /** jupyter_server's own limit on copying a folder. */
    copyBytesMax: 500 * 1024 * 1024,
    /** Names tried for one untitled file or copy. */
    untitledAttemptsMax: 10_000,
    /** Chunks of one upload: 10,000 × 1 MiB is about 10 GiB, what a browser can bear. */
    uploadChunksMax: 10_000,
    /** An upload left alone this long is forgotten. */
    uploadTtlMs: 24 * 3_600_000,
    /** Versions of one notebook remembered as trusted: checkpoint, last saves, and a few undone ones. */
    trustedVersionsMax: 16,
  },
} as const;
