/** The edge, and the pins it goes by. */
export const edgeLimits = {
  /** Command lines that wait for a person to let them in. */
  device: {
    /** To find the browser, sign in with a second factor, read and answer. */
    requestMsMax: 10 * 60_000,
    /** Afterwards a command line that asks once more is told that it came too late. */
    keptMs: 5 * 60_000,
    /** RFC 8628's own defaults: five seconds, and five more after each poll that came too soon. */
    intervalMs: 5_000,
    intervalStepMs: 5_000,
    intervalMsMax: 60_000,
    /** Of an interval's five seconds: a poll on time may have waited this much less on its way than the one before. */
    intervalSlackMs: 500,
    /** Rows of 300 bytes kept at a time, for 15 minutes: 11 logins a second begun all over the platform. */
    requestsMax: 10_000,
    /** Of 20^8 codes 10,000 are in use: five in a row are all taken once in 10^32. */
    drawsMax: 5,
    /**
     * Codes one person may try in a minute: with 10,000 of 2.6 * 10^10 in use, 20 a minute hit one (of a stranger,
     * who would be logged in as the one who guesses) after 90 days.
     */
    guessesPerMinuteMax: 20,
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
    /**
     * Users, organisations and keys whose claims changed within a year: 50,000 at 45 bytes are 2.2 MB. With more,
     * whoever has a credential older than the oldest that is held is read anew (directory/changes.ts).
     */
    changesMax: 50_000,
    /**
     * A credential issued so long after a change may still say what was before it: an edge hears of a change
     * within a minute, the rest is for reads that fail meanwhile and for clocks that differ.
     */
    changeSettlesMs: 10 * 60_000,
    /** Claims read anew because they had changed, per isolate: 5,000 at 300 bytes are 1.5 MB. */
    standingsMax: 5_000,
    /** Organisations with a policy of their own, at 300 bytes: 3 MB. Of more, the others are asked for one by one. */
    policiesMax: 10_000,
    /** KV answers in milliseconds; after this the directory is asked, within the deadline of one read. */
    pinsKvMsMax: 2_000,
    /** One read of a snapshot or of the directory; D1 answers in well under a second. */
    directoryMsMax: 5_000,
    /** Answers of the directory kept where a snapshot was cut at its limit: 5,000 at 200 bytes are 1 MB. */
    keptAnswersMax: 5_000,
    /**
     * Live revocations in one snapshot: 50,000 ids of 24 bytes are 1.2 MB; older than their token, they go. With
     * more, credentials that end sooner than the last that is held are asked after (directory/revoked.ts).
     */
    revocationsMax: 50_000,
    /** How long a browser stays signed in, and a workspace's cookie at the most. */
    sessionTtlMs: 7 * 24 * 3_600_000,
    /** A session's last use is noted this often: one write to the directory per person and five minutes. */
    sessionSeenMs: 5 * 60_000,
    /** A person's live sessions: one a day and browser for its seven days, thirteen browsers. The oldest end. */
    sessionsPerUserMax: 100,
    /** A person's ended sessions that are told apart: with 500 such people the revocations are full. */
    endedSessionsPerUserMax: 100,
    /** Rows that one statement of the upkeep removes, and how many statements a table gets in one turn. */
    pruneRowsMax: 1_000,
    pruneBatchesMax: 20,
    /** How often one isolate of many tidies up: 20,000 rows of a table each time are 120,000 an hour. */
    upkeepEveryMs: 10 * 60_000,
    /** 5,000 events an hour leave the log, and 500 statements: 120 an hour are made. */
    auditUpkeepEveryMs: 3_600_000,
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
    /** Addresses counted at a time, per object and isolate: 5,000 at about 100 bytes are 0.5 MB; the longest unseen go. */
    signInAddressesMax: 5_000,
    /** Objects that count: 16 at 1,000 requests/s each are 16,000 sign-ins begun a second. */
    countShards: 16,
    /** One question to an object that counts: it answers in milliseconds from memory, across an ocean in 200. */
    countMsMax: 1_000,
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
    /** Nobody joins beyond. Answered as one list: 1,000 members at 200 bytes are 200 KB. */
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
} as const;
