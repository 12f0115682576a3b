/**
 * Every limit in one place, with the sum that justifies it. Units are in the names. Grouped by the folder
 * that uses them.
 */
const quota = (workspaces: number, runningSandboxes: number, memoryGib: number, storageGib: number) => ({
  workspaces,
  runningSandboxes,
  memoryBytes: memoryGib * 1024 ** 3,
  storageBytes: storageGib * 1024 ** 3,
});

export const limits = {
  supervisorLink: {
    /** workerd closes a socket above 32 MiB (1009), so a kernel message must stay below with its framing. */
    frameBytesMax: 31 * 1024 * 1024,
    /** Input on its way to one kernel or terminal: 8 MiB is 0.1 s of what the pipe carries. */
    windowBytesMax: 8 * 1024 * 1024,
    /** Up to here one write of a copy is cheaper than two pieces in one writev. */
    joinBytesMax: 16 * 1024,
    /** A kernel shutdown may take 5 s inside before it is killed; twice that, and room for a busy host. */
    requestMsMax: 15_000,
    /** The supervisor gives up a kernel after 60 s. */
    kernelStartMsMax: 75_000,
    requestsMax: 1_000,
  },
  /** Told to the supervisor inside each sandbox at its start. */
  supervisor: {
    /** Output waiting for the cell: half a frame of the largest kind; streams and displays are dropped above. */
    outboxSoftBytes: 16 * 1024 * 1024,
    /** Replies and other messages that are never dropped: two of the largest; above, the kernel is stopped. */
    outboxHardBytes: 64 * 1024 * 1024,
    /** What is shown of one stream message above the frame's limit: as much as a notebook can be scrolled. */
    cutStreamChars: 512 * 1024,
    /** Drained to here, reading goes on: low enough that it does not flap. */
    outboxRoomBytes: 4 * 1024 * 1024,
    /** How often taken input is reported: 32 reports per window. */
    acceptedReportBytes: 256 * 1024,
    /** ipykernel with pandas imported by a start-up file took 17 s on a slow machine. */
    kernelStartMs: 60_000,
    /** Jupyter's own grace: asked first, SIGTERM after 3 s, SIGKILL after 5 s. */
    kernelTerminateMs: 3_000,
    kernelKillMs: 5_000,
    heartbeatMs: 5_000,
    /** What a dead kernel said, for the error shown to its user. */
    stderrTailBytes: 8 * 1024,
    /** A file beside kernel.json: logos are a few KB. */
    resourceBytesMax: 4 * 1024 * 1024,
    /** The fastest memory can be filled (measured 1.5 GB/s inside gVisor): sets how often use is looked at. */
    memoryFillBytesPerS: 2 * 1024 ** 3,
  },
  sandbox: {
    /**
     * gVisor's own processes beside what the user was promised: sentry, gofer, page tables (measured 60 MiB
     * idle), and 0.2 s of filling at the fastest for a supervisor that waits for its turn on a busy host.
     */
    overheadBytes: 512 * 1024 * 1024,
    /** The supervisor ends the biggest kernel at the limit; what is filled meanwhile fits in this part of it. */
    hardLimitFactor: 1.25,
    /** A guest task is a host thread or two, and the sentry has its own. */
    hostPidsPerPid: 3,
    hostPidsBase: 256,
    /** From spawn to HELLO; 1 s on a quiet machine, a hundred may start at once. */
    bootMsMax: 60_000,
    /** Each command of runsc and each step of a clean-up. */
    commandMsMax: 20_000,
    /** From the end of a sandbox's output to its own end: it says last what went wrong. */
    endGraceMs: 2_000,
    stderrTailBytes: 16 * 1024,
    /** Below this ext4 with a journal does not fit. */
    volumeBytesMin: 16 * 1024 * 1024,
  },
  host: {
    /** Output on its way to a controller that has not acknowledged it: 80 ms of what the pipe carries. */
    heldBytesMax: 8 * 1024 * 1024,
    /** One note for a successor: a request with the code of its cell; a longer one is not followed over a restart. */
    noteBytesMax: 32 * 1024,
    /** Notes of one sandbox: 64 kernels, 32 terminals, a "Run All" of a few hundred cells; 1 MiB for each sandbox. */
    notesMax: 1_024,
    notesBytesMax: 1024 * 1024,
    /** What a daemon says first: all notes as JSON, with room for escapes. */
    greetingBytesMax: 8 * 1024 * 1024,
    /** A command that only looks; starting, storing and stopping have the deadlines of their steps. */
    commandMsMax: 10_000,
    /** To a daemon on the same network; one that takes longer is as good as gone. */
    connectMsMax: 5_000,
    /** A whole file or an upload's piece with its arguments: the contents API's largest body, and room. */
    bodyBytesMax: 136 * 1024 * 1024,
    /** One file read or written through a daemon; 128 MiB at 10 MB/s take 13 s. */
    fileMsMax: 120_000,
    /** A compare-and-swap of a notebook that somebody else saves at the same time. */
    updateAttemptsMax: 10,
    /** A daemon that starts before its cell has made the tables waits this long for them. */
    schemaMsMax: 60_000,
    schemaLookMs: 200,
    drainLookMs: 100,
    keyCharsMin: 32,
  },
  api: {
    /** Names and numbers: the largest body of the lifecycle API is a few hundred bytes. */
    bodyBytesMax: 16 * 1024,
    pageSizeDefault: 50,
    pageSizeMax: 200,
    /** Verified principals kept, so that a busy tab costs one signature check a minute: 10,000 at 1 KB, 10 MB. */
    principalCacheMax: 10_000,
    /** Edge and cell clocks may differ by this much. */
    principalSkewSeconds: 5,
    /** Keys are read again for one that is unknown, at most this often. */
    keysReloadMs: 10_000,
    /** A repeated request is recognised for a day. */
    idempotencyTtlMs: 24 * 3_600_000,
    /** A claim whose server died is taken over after this; no write of the API takes a second. */
    idempotencyLockMs: 20_000,
    /** A second click waits this long for the first one's answer before it is told to come again. */
    idempotencyWaitMs: 5_000,
    idempotencyPollMs: 25,
    idempotencySweepMs: 600_000,
    eventHeartbeatMs: 15_000,
    /** A stream ends after this, so that its next request is authenticated anew. */
    eventStreamMsMax: 30 * 60_000,
    /** A person with a few windows; each stream is one connection and a row per workspace. */
    eventStreamsPerUserMax: 20,
    /** What a slow reader may leave unread: later states replace earlier ones, so nothing more is needed. */
    eventBufferBytesMax: 256 * 1024,
    eventDrainMs: 30_000,
    eventPageRows: 100,
    /** Revisions are drawn before they are committed: so many are read again behind the newest one seen. */
    eventLookbackRevisions: 1_000,
    readyMs: 2_000,
    /** At a stop requests under way have this long: an upload of a notebook, not of a data set. */
    closeMs: 5_000,
    closeLookMs: 50,
    /** One Redis command, or one attempt to reach it: it is only ever a hint. */
    redisMs: 1_000,
  },
  secrets: {
    /** A kubeconfig of several clusters is 20 KB; Linux takes 128 KiB for one variable. */
    valueBytesMax: 32 * 1024,
    nameCharsMax: 128,
    /** Of one user, and of one organisation: a person with every service he uses, with room. */
    perOwnerMax: 100,
    /** A user's and the organisation's together 512 KiB: a quarter of the 2 MiB that execve takes in all. */
    totalBytesPerOwnerMax: 256 * 1024,
    /** A value with every character escaped as JSON. */
    bodyBytesMax: 6 * 32 * 1024 + 1024,
    /** A change's way into one running sandbox: a request over the link that is answered in a millisecond or two. */
    deliverMs: 5_000,
    /** Sandboxes told at a time of a change of their organisation's. */
    deliveriesAtOnce: 16,
    /** Rows sealed anew in one read, when the master key is changed. */
    resealRows: 100,
  },
  findings: {
    /** Measured 15 to 40 ms a megabyte: a fifth of a second for the largest that is looked at. */
    scanBytesMax: 8 * 1024 * 1024,
    /** What a save waits for its scan at the most; a megabyte is done by then, what is not is told by event. */
    answerMs: 250,
    /** A scan that takes longer than this is given up with its thread: a regular expression may have gone mad. */
    scanMs: 5_000,
    /** Saved and not yet scanned, over all workspaces: four of the largest; beyond it a save is not scanned. */
    waitingBytesMax: 32 * 1024 * 1024,
    threadMemoryMiB: 256,
    /** One file's: beyond it is generated data, and fifty say enough. */
    perFileMax: 50,
    /** A workspace's flagged files that are remembered, newest first: 1,000 at 1 KB. */
    filesPerWorkspaceMax: 1_000,
    /** Files looked for at a time when findings are listed. */
    statsAtOnce: 16,
  },
  database: {
    /** Postgres allows 100 by default; a cell keeps room for an operator, migrations and a second starter. */
    connectionsMax: 20,
    connectTimeoutMs: 5_000,
    idleConnectionMs: 60_000,
    /** Every statement of ours is one row or one page; ten seconds means something is stuck. */
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 5_000,
    migrationTimeoutMs: 120_000,
    closeTimeoutMs: 5_000,
  },
  lifecycle: {
    /** JupyterLab shows a request as failed after its own time-out; the edge's is 100 s, so a held request ends first. */
    holdRequestMsMax: 60_000,
    /** A deleted workspace can be brought back this long. */
    deleteUndoMs: 7 * 24 * 3_600_000,
    /** How soon a place may be free again: suspends take a second or two, idle ones end every few seconds. */
    capacityRetryAfterMs: 5_000,
    /** Seconds without a busy kernel before a suspend, where the owner has set nothing. */
    idleSuspendSecondsByTier: { free: 1_200, paid: 3_600, enterprise: 14_400 },
    /** A lease outlives two failed renewals (every 10 s) and its margin, so a short store outage costs nothing. */
    lease: { ttlMs: 30_000, marginMs: 5_000 },
    /** Workspaces acted on at once: starts are CPU-bound, sixteen keep a few cores and the store busy. */
    executorsMax: 16,
    /** Rows one sweep takes up; the next one takes the rest. */
    sweepRowsMax: 500,
    /** What signals missed is found this much later at the latest. */
    sweepIntervalMs: 5_000,
    /** Activity is written down in batches; after a crash the idle policy is off by this much. */
    activityFlushMs: 15_000,
    /** Attempts follow each other after up to 1, 2, 4 … 60 s. */
    retry: { attemptsMax: 30, baseDelayMs: 1_000, maxDelayMs: 60_000 },
    /** A request is not held for an attempt that is further away than this. */
    holdForRetryMs: 5_000,
    /** Deadlines of the steps. A boot with numpy took 5.6 s on two cores; a flush of 1 GB at 50 MB/s takes 20 s. */
    attachMs: 60_000,
    startMs: 45_000,
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
    /** Newest transitions kept of a workspace: about a hundred resumes and suspends. */
    transitionsKept: 2_000,
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
  pins: {
    /** Cells of the whole platform: 1,000 of 20,000 users are 20 million. */
    cellsMax: 1_000,
    /**
     * A table of 32 KiB is 59 KB as base64url in JSON as base64url. Eight regions in two layouts are 940 KB, and
     * 5,000 overrides of 60 bytes in both 800 KB more.
     */
    bytesMax: 2 * 1024 * 1024,
    /** A document's way to one cell: 2 MiB at 10 Mbit/s takes 2 s, and the cell asks Postgres once. */
    deliverMsMax: 10_000,
    /** An edge tries a cell that is behind again after this: a restart takes seconds. */
    healEveryMs: 30_000,
    /** Users that would leave, named by a cell in one answer; the asker comes again for the rest. */
    leavingMax: 1_000,
    /** Postgres restarts in a second or two. */
    settleRetryAfterMs: 5_000,
    /** Users a cell knows to live in it, in memory: two cells' worth of ids, 2 MB. */
    residentsKnownMax: 40_000,
    /** A signed order of a publisher (probe, show) is taken this long after it was signed. */
    orderMsMax: 60_000,
    /** 200 users at 70 bytes are 14 KB; base64url makes it 19. */
    orderBytesMax: 64 * 1024,
    /** Requests of one probe: a few for each of a region's cells. */
    probesMax: 200,
    /** Documents kept in the directory, for whoever asks what was published: a few deploys a day for a month. */
    documentsKept: 500,
    /** One probe from the edge to a cell. */
    probeMsMax: 5_000,
  },
  /**
   * What a tier may have in one cell where its organisation's policy says nothing: per user, and per organisation
   * as ten (free), fifty (paid) and five hundred (enterprise) people who use a fifth of what each may. A sandbox
   * may use 2 GiB of memory by default, a workspace 10 GiB of disk.
   */
  quota: {
    free: {
      user: quota(50, 10, 20, 50),
      organisation: quota(100, 20, 40, 100),
    },
    paid: {
      user: quota(200, 20, 80, 500),
      organisation: quota(2_000, 200, 800, 5_000),
    },
    enterprise: {
      user: quota(500, 100, 400, 2_000),
      organisation: quota(50_000, 10_000, 40_000, 200_000),
    },
    /** Organisations whose quotas a cell remembers: 10,000 at about 300 bytes are 3 MB. */
    organisationsKeptMax: 10_000,
    /** A sum of sizes is used this long: saves of one user come every few seconds at the most. */
    storageSumMs: 2_000,
  },
  edge: {
    /** A held resume answers within 60 s (lifecycle.holdRequestMsMax); 40 s more is room for a slow cell. */
    forwardHeadersMsMax: 100_000,
    /** 250 MB at 2 Mbit/s takes 1,000 s: the answer's headers follow the last byte of the upload. */
    forwardUploadMsMax: 1_200_000,
    /** What a client is told to wait when its cell cannot be reached; JupyterLab itself waits 10 to 30 s. */
    unreachableRetryAfterMs: 5_000,
    /** A principal lives a minute; it is signed anew after half of it, so one in hand has 30 s or more. */
    principalTtlMs: 60_000,
    principalReuseMs: 30_000,
    /** Signed principals kept per isolate: 2,000 at about 0.7 KB are 1.4 MB of an isolate's 128 MB. */
    principalCacheMax: 2_000,
    /** Verified credentials kept per isolate (a signature check saved per request): 2,000 at 1 KB, 2 MB. */
    credentialCacheMax: 2_000,
    /** Pins and revocations are re-read behind a request after this, and before it after twice this: with the
     * read itself a revocation reaches every edge in 60 s. */
    snapshotRefreshMs: 25_000,
    /**
     * With the directory down, what was read last is used this long: a day, and an hour to notice in. Then a
     * revocation that could not be read might have been made a day ago, and the edge answers 503.
     */
    snapshotStaleMsMax: 25 * 3_600_000,
    /** Beside the store a snapshot is kept this often, for isolates that start while it is down. */
    lastGoodEveryMs: 60_000,
    /** The cache of the location answers in milliseconds. */
    lastGoodMsMax: 2_000,
    /** Users, organisations and keys whose claims changed within a year: 50,000 at 45 bytes are 2.2 MB. */
    changesMax: 50_000,
    /** Claims read anew because they had changed, per isolate: 5,000 at 300 bytes are 1.5 MB. */
    standingsMax: 5_000,
    /** Organisations with a policy of their own, at 300 bytes: 3 MB. */
    policiesMax: 10_000,
    /** KV answers in milliseconds; after this the directory is asked, within the deadline of one read. */
    pinsKvMsMax: 2_000,
    /** One read of a snapshot or of the directory; D1 answers in well under a second. */
    directoryMsMax: 5_000,
    /** Live revocations in one snapshot: 50,000 ids of 24 bytes are 1.2 MB; older than their token, they go. */
    revocationsMax: 50_000,
    /** How long a browser stays signed in, and a workspace's cookie at the most. */
    sessionTtlMs: 7 * 24 * 3_600_000,
    /** A session's last use is noted this often: one write to the directory per person and five minutes. */
    sessionSeenMs: 5 * 60_000,
    /** A person's sessions shown, newest first: one a day and browser for its seven days, thirteen browsers. */
    sessionsListedMax: 100,
    /** From the button to the provider's answer: a second factor on another device takes minutes. */
    signInMsMax: 10 * 60_000,
    /** One request to a provider (its configuration, its keys, its tokens): those in use answer within 2 s. */
    providerMsMax: 8_000,
    /** What a provider says of itself is read again after an hour; its keys are read again when one is unknown. */
    providerMetadataMs: 3_600_000,
    /** Clocks of ours and a provider's may differ by this much; ID tokens live for minutes. */
    providerClockSkewMs: 60_000,
    /** Sign-ins begun or ended from one address in a minute: an office behind one address at nine o'clock. */
    signInsPerMinuteMax: 120,
    /** Addresses counted at a time per isolate: 5,000 at about 100 bytes are 0.5 MB; the longest unseen go. */
    signInAddressesMax: 5_000,
    /** A one-time code is used by the redirect that carries it. */
    oneTimeCodeTtlMs: 30_000,
    /** Objects that hold one-time codes: 16 at 1,000 writes/s each are 16,000 openings a second. */
    oneTimeCodeShards: 16,
    /** Longest credential looked at: our tokens are about 500 bytes, cookies 4 KiB in any browser. */
    credentialCharsMax: 4_096,
    tokenTtlMsDefault: 90 * 24 * 3_600_000,
    tokenTtlMsMax: 366 * 24 * 3_600_000,
    /** Tokens one user may have at a time: a person with ten machines and five tools. */
    tokensPerUserMax: 50,
    /** With the revoked ones that have not ended: a hundred such users are what `revocationsMax` has room for. */
    tokensKeptPerUserMax: 500,
    /** One answer: an organisation of 100 with ten keys each, at about 350 bytes a key. */
    keysListedMax: 1_000,
    /** A write per key and minute: 10,000 keys in constant use are 167 a second, behind requests. */
    keyUsedEveryMs: 60_000,
    /** Keys of one use at a time: one that signs, one that will, six that did; each is tried by its name alone. */
    keysPerRingMax: 8,
    /** One for each pipeline and tool of an organisation. */
    serviceAccountsPerOrgMax: 100,
    /** Shared organisations one person may have made: a consultant's customers, and no store filled by a script. */
    orgsMadePerUserMax: 20,
    /** Answered as one list: 1,000 members at 200 bytes are 200 KB. Larger ones come with pages of members. */
    membersPerOrgMax: 1_000,
    /** Open at a time; a larger organisation maps its e-mail domain instead. */
    invitationsPerOrgMax: 200,
    invitationTtlMs: 14 * 24 * 3_600_000,
    /** Each shown with its members' names: 100 teams of 50 are 5,000 rows. */
    teamsPerOrgMax: 100,
    /** Groups read from a provider's answer: Entra itself sends no more than 200 in a token. */
    providerGroupsMax: 200,
    /** Forms and JSON that the edge itself reads: a name, an e-mail address, a token's name. */
    formBytesMax: 16 * 1024,
  },
  lab: {
    /** JupyterLab's longest settings (every keyboard shortcut rewritten) are about 60 KB. */
    settingBytesMax: 256 * 1024,
    /** A layout names its open tabs, about 300 bytes each: room for thousands. */
    layoutBytesMax: 1024 * 1024,
    /** Layouts of one user in one workspace; each window opened on the side (`auto-…`) makes one. 100 MiB at most. */
    layoutsPerWorkspaceMax: 100,
    /** JupyterLab cuts its own at 128. */
    layoutNameCharsMax: 128,
    /** A layout at its limit, with every character escaped as JSON in JSON, and its metadata. */
    bodyBytesMax: 3 * 1024 * 1024,
  },
  storage: {
    /** Chunk of a file in the object store. */
    chunkBytes: 1024 * 1024,
    /** Files written by code are off the host within this (the promise is 10 s; two rounds of 4 s fit). */
    syncIntervalMs: 4_000,
    /** A file this small lives inside its directory's object: most of a home is small, and a chunk costs an fsync. */
    inlineBytesMax: 1_024,
    /** Above this many chunks (64 MiB) the list is an object of its own, so that directories stay small. */
    chunksPerEntryMax: 64,
    /** Chunks in memory while one file is captured or materialised: 4 × 1 MiB hide the store's latency. */
    chunksInFlightPerFile: 4,
    /** Chunks in memory over all volumes of a cell: 32 MiB. */
    chunksInFlightMax: 32,
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
     * Versions of one file: `recent` saves, every one (JupyterLab saves a busy notebook 30 times an hour), and of
     * what falls out of them the last of each day. A save rewrites the list of the recent ones: 500 × 150 bytes.
     */
    fileVersions: {
      free: { recent: 100, dailyMs: 30 * 24 * 3_600_000 },
      paid: { recent: 250, dailyMs: 180 * 24 * 3_600_000 },
      enterprise: { recent: 500, dailyMs: 365 * 24 * 3_600_000 },
    },
    /** Larger than this a version's bytes are an object of their own, shared with the file where they are the same. */
    versionInlineBytesMax: 128,
    /** A volume is swept when this many manifests were added since: at one a round, every seventeen minutes. */
    commitsPerSweep: 256,
  },
  versions: {
    /** Two files held and compared in memory, on the thread that everybody's requests share: 4 MiB take about 50 ms. */
    diffBytesMax: 4 * 1024 * 1024,
    /** Notebooks people read have hundreds; aligning two of them compares every cell with every other at the worst. */
    diffCellsMax: 2_000,
    /** Pairs of cells whose sources are held against each other: 200 by 200, some 40 ms. */
    weakSignPairsMax: 40_000,
    /** Lines added and removed until two texts count as having nothing in common: Myers' cost is its square. */
    diffEditsMax: 4_000,
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
  gateway: {
    /** One kernel message: what the link to the sandbox carries, below workerd's 32 MiB. */
    messageBytesMax: 31 * 1024 * 1024,
    /** A header is a few hundred bytes; 64 KiB leaves room for odd clients and stops a parse of megabytes. */
    headerBytesMax: 64 * 1024,
    /** Buffers of a message; with its 6 other parts below the 1,024 offsets the supervisor takes. */
    frameBuffersMax: 1_000,
    /** Output a kernel keeps for clients that are away or slow: 3 s at the rate limit is 3 MB; five times that. */
    outputLogBytesMax: 16 * 1024 * 1024,
    /** With 1,000 messages a second admitted, 20 s of the worst case. */
    outputLogMessagesMax: 20_000,
    /** All kernels of the cell together: 1/16 of an 8 GiB process. Beyond it each log keeps only its floor. */
    outputLogBytesTotalMax: 512 * 1024 * 1024,
    outputLogBytesFloor: 64 * 1024,
    /** Client sessions a kernel remembers after they disconnect: a tab, its reloads, some API clients. */
    clientSessionsMax: 32,
    /** Requests whose replies are still to come: a "Run All" of 4,000 cells. */
    pendingRequestsMax: 4_096,
    /** Messages held for one kernel while its workspace resumes or its link is full: a "Run All". */
    heldMessagesMax: 4_096,
    heldBytesMax: 32 * 1024 * 1024,
    /** Held input beyond which a kernel's sockets are not read, until half of it has gone. */
    heldBytesPause: 4 * 1024 * 1024,
    /** Unsent bytes in one socket beyond which its client counts as slow and is served from the log. */
    socketBufferBytesMax: 1024 * 1024,
    /** Three per open notebook (kernel, completer, inspector) for twenty tabs. */
    socketsPerKernelMax: 64,
    socketsPerWorkspaceMax: 512,
    kernelsPerWorkspaceMax: 64,
    sessionsPerWorkspaceMax: 256,
    terminalsPerWorkspaceMax: 32,
    /** jupyter_server's own: 1,000 messages/s and 1 MB/s of stream output over 3 s. */
    outputMessagesPerSecondMax: 1_000,
    outputBytesPerSecondMax: 1_000_000,
    outputWindowMs: 3_000,
    /** Half of the 60 s after which proxies commonly drop a silent connection. */
    pingIntervalMs: 30_000,
    /** About 1,500 lines of a wide terminal. */
    terminalScrollbackBytesMax: 128 * 1024,
    terminalRowsMax: 1_000,
    terminalColumnsMax: 2_000,
    /** One message of a terminal's socket: a large paste. */
    terminalMessageBytesMax: 1024 * 1024,
    /** Outputs of one request kept for the notebook; JupyterLab struggles with cells above a few MB. */
    notebookOutputBytesMax: 8 * 1024 * 1024,
    /** Requests with a cell whose outputs are followed at a time, per kernel: a "Run All" of a large notebook. */
    followedRequestsMax: 1_024,
    /** How often outputs reach a notebook whose tab is gone; each write is a whole notebook. */
    outputWriteIntervalMs: 2_000,
    /** A socket that broke (not closed by its page) may be back: JupyterLab retries within a second or two. */
    outputWriterGraceMs: 15_000,
    /** A notebook's conversion: LaTeX aside, seconds. */
    convertMsMax: 50_000,
    convertBytesMax: 64 * 1024 * 1024,
    configBytesMax: 256 * 1024,
    requestBodyBytesMax: 32 * 1024 * 1024,
    /** A request that resumes and then starts a kernel or converts: below the edge's 100 s. */
    workRequestMsMax: 90_000,
    /** A terminal counts as busy this long after its last output. */
    terminalBusyMs: 60_000,
    /** Workspaces whose kernels are kept in memory with nothing open or running: 2 KB each, 20 MB. */
    workspacesIdleMax: 10_000,
    kernelspecResourceBytesMax: 512 * 1024,
  },
  audit: {
    /** Ids of ours are 30 characters, names of secrets and keys up to 100. */
    idCharsMax: 128,
    /** A user agent, a file's path: enough to recognise it. */
    textCharsMax: 300,
    detailsMax: 16,
    /** Kernel code, where an organisation asks for it: what does not fit is told by length and digest. */
    kernelCodeCharsMax: 4_096,
    /** Events begun or waiting in one cell: 10,000 at about 1 KB are 10 MB, and two seconds of the writer. */
    queueMax: 10_000,
    /** One statement: 500 events of 1 KB are half a megabyte, and a few milliseconds of Postgres. */
    batchMax: 500,
    /** A batch that cannot be written is given up, and its askers told, after this: below a request's own patience. */
    commitMsMax: 8_000,
    commitRetry: { baseDelayMs: 20, maxDelayMs: 1_000 },
    /** A deed without an end counts as abandoned: the longest request is an upload of edge.forwardUploadMsMax. */
    intentMsMax: 30 * 60_000,
    /** What transactions and dead processes left is appended this much later at the latest. */
    settleMs: 5_000,
    /** What the database's owner could cut off unseen: the events since the last checkpoint. */
    checkpointMs: 30_000,
    checkpointEvents: 1_000,
    /** One page of the chain when it is read for verification or export. */
    pageRows: 500,
    /** The edge's own deeds take seconds. */
    edgeIntentMsMax: 5 * 60_000,
    /** Events appended in one transaction at the edge; with their intents 200 statements, far below D1's limits. */
    edgeBatchMax: 100,
    /** Who finds the chain busy this often leaves it to those who are at it. */
    edgeSettleRetry: { attemptsMax: 8, baseDelayMs: 20, maxDelayMs: 500 },
    /** One kind of refusal from one address is one event in this time. 2,000 kinds of 1 KB are 2 MB of an isolate. */
    refusalWindowMs: 60_000,
    refusalKindsMax: 2_000,
    retentionSweepMs: 6 * 3_600_000,
    /** Days that events are kept where the organisation has said nothing. Seven years is what auditors ask of firms. */
    retentionDaysByTier: { free: 90, paid: 365, enterprise: 2_557 },
  },
} as const;
