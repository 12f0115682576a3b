/** A cell's API and what lies beside it. */
const quota = (workspaces: number, runningSandboxes: number, memoryGib: number, storageGib: number) => ({
  workspaces,
  runningSandboxes,
  memoryBytes: memoryGib * 1024 ** 3,
  storageBytes: storageGib * 1024 ** 3,
});

export const cellLimits = {
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
    eventStreamMsMax: 5 * 60_000,
    /** A person with a few windows; each stream is one connection and a row per workspace. */
    eventStreamsPerUserMax: 20,
    /** What a slow reader may leave unread: later states replace earlier ones, so nothing more is needed. */
    eventBufferBytesMax: 256 * 1024,
    eventDrainMs: 30_000,
    /** From the end of a stream until a reader is cut off that has not taken it: 256 KB at 400 kbit/s. */
    eventCutMs: 5_000,
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
    /** All secrets of an organisation from another cell: it opens and seals a hundred. */
    bringMs: 1_500,
    /** Cells that are asked for them, one after the other, before who starts a sandbox is told to come again. */
    bringFromMax: 2,
    bringAskMs: 4_000,
    bringRetryAfterMs: 5_000,
    /** Rows sealed anew in one read, when the master key is changed. */
    resealRows: 100,
  },
  /** People who have left an organisation (cells/src/departures). */
  departures: {
    /** Asked at once when a membership has changed; beside that for what was missed, six times an hour and cell. */
    askEveryMs: 10 * 60_000,
    askMsMax: 10_000,
    /** Of one answer: 1,000 at 130 bytes, as base64url 175 KB. */
    pageMax: 1_000,
    bytesMax: 512 * 1024,
    /** Whether they may still live in a cell's region is asked of so many at once: 100 ids are 4 KB. */
    waitingMax: 100,
    /** Between leaving and the end of what was kept for somebody's return: a mistaken removal is noticed by then. */
    graceMs: 30 * 24 * 3_600_000,
    /** An edge may let somebody in for a minute after he has left, and what he asked for then takes a while. */
    staleClaimsMs: 90_000,
    /** Suspended, told or forgotten beside each other: a statement or two each, of the cell's 20 connections. */
    atOnce: 4,
    /** Workspaces of theirs that are put to sleep in one look. */
    workspacesMax: 200,
  },
  findings: {
    /** Measured 6 to 22 ms a megabyte: a fifth of a second for the largest that is looked at. */
    scanBytesMax: 8 * 1024 * 1024,
    /** What a save waits for its scan at the most; a megabyte is done by then, what is not is told by event. */
    answerMs: 250,
    /** A scan that takes longer than this is given up with its thread: a regular expression may have gone mad. */
    scanMs: 5_000,
    /** Saved and not yet scanned, over all workspaces: eight of the largest; beyond it a save is not scanned. */
    waitingBytesMax: 64 * 1024 * 1024,
    /** Of these one workspace's: two of the largest, so that others' saves are scanned beside it. */
    waitingBytesPerWorkspaceMax: 16 * 1024 * 1024,
    /** One workspace's files that wait for their turn: 200 bytes each beside their content. */
    waitingMax: 1_000,
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
    /** Of the API's writes and of the audit log they wait for: each takes six short statements, one after another. */
    apiConnectionsMax: 8,
    /** A new workspace has 16 columns, a batch far fewer parameters than rows: all that is frequent is below. */
    preparedParametersMax: 40,
    /**
     * Executors that go on in one turn of the event loop: at half a millisecond of processor time each, four
     * milliseconds that a request of the API waits at each of its questions to the store.
     */
    executorsPerTurn: 8,
    connectTimeoutMs: 5_000,
    /** Between attempts to connect again: the client's own 20 s held requests for as long as that when Postgres was back. */
    reconnectMs: 1_000,
    idleConnectionMs: 60_000,
    /** Every statement of ours is one row or one page; ten seconds means something is stuck. */
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 5_000,
    migrationTimeoutMs: 120_000,
    closeTimeoutMs: 5_000,
  },
  /**
   * What a tier may have where its organisation's policy says nothing: per user, and per organisation
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
    /** Room that a killed process had reserved comes back then: five times what a command to a host may take. */
    reservationTtlMs: 600_000,
    /** A share of an organisation's quota lets a cell grow this long after its last ask: the directory may be away for a day. */
    shareMs: 24 * 3_600_000,
    /** One that nothing changed in is asked for again after this: three more tries before it ends. */
    shareRenewMs: 6 * 3_600_000,
    /** What changed is told, and what runs short asked for, this often: an organisation at work is one write a minute. */
    shareTellMs: 60_000,
    sharePassMs: 5_000,
    /** An ask, with the other cells' giving back in it; a create that waits for it is refused then. */
    shareAskMsMax: 4_000,
    /** The other cells' part of it; one that is away must not cost the asker his answer. */
    shareRecallMsMax: 1_500,
    /** Others may take what was just granted, so a request that has no room asks for more and tries again this often. */
    attemptsMax: 3,
    /** `GET /v1/usage` waits so long for what other cells use, and shows what was last heard then. */
    shareUsageMsMax: 1_000,
    /** Somebody else wrote the organisation's shares meanwhile: cells ask about once a minute. */
    shareWriteAttemptsMax: 8,
    /** Cells of one organisation: its shares are one row, 300 bytes a cell. */
    shareCellsMax: 200,
  },
  /** What cells and the edge say to each other (shared/src/protocol/statements.ts). */
  statements: {
    /** As long as their clocks may differ, and an order of a publisher counts. */
    freshMs: 60_000,
    /** Anybody may claim to be a cell that the pins do not name yet: they are read for it once a second. */
    reloadEveryMs: 1_000,
    /** An ask is 600 bytes. */
    askBytesMax: 16 * 1024,
    /** All values of an organisation, 256 KiB with every character escaped as JSON, as base64 three times over. */
    secretsBytesMax: 4 * 1024 * 1024,
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
    /** What cannot be written is given up, and who asked told, so long after he did: below a request's own patience. */
    commitMsMax: 8_000,
    commitRetry: { baseDelayMs: 20, maxDelayMs: 1_000 },
    /** A deed without an end counts as abandoned: the longest request is an upload of edge.forwardUploadMsMax. */
    intentMsMax: 30 * 60_000,
    /** What transactions and dead processes left is appended this much later at the latest. */
    settleMs: 5_000,
    /** What the database's owner could cut off unseen: the events since the last checkpoint. */
    checkpointMs: 30_000,
    checkpointEvents: 1_000,
    /**
     * Checkpoints stay whole for a day (2,880), one an hour for a month (720), then one a day: with seven years of
     * retention 6,200 statements of 350 bytes, and one for each 1,000 rows.
     */
    statementsWholeMs: 24 * 3_600_000,
    statementsHourlyMs: 30 * 24 * 3_600_000,
    /** Looked at at a time, the oldest first: 3.5 MB. */
    statementsThinnedMax: 10_000,
    /** One turn at the edge: two to five spans between checkpoints, each row hashed once: half a second. */
    edgeRemoveRowsMax: 5_000,
    /** One turn at the edge: KV takes 1,000 operations of one request. */
    edgeThinnedMax: 500,
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
    /** Removed in one statement: each row asks its trigger, 20,000 take a second of the ten a statement has. */
    removeRowsMax: 20_000,
    /** Days that events are kept where the organisation has said nothing. Seven years is what auditors ask of firms. */
    retentionDaysByTier: { free: 90, paid: 365, enterprise: 2_557 },
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
} as const;
