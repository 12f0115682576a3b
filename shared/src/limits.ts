/**
 * Every limit in one place, with the sum that justifies it. Units are in the names. Grouped by the folder
 * that uses them.
 */
export const limits = {
  supervisorLink: {
    /** workerd closes a socket above 32 MiB (1009), so a kernel message must stay below with its framing. */
    frameBytesMax: 31 * 1024 * 1024,
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
    /** One read of a snapshot or of the directory; D1 answers in well under a second. */
    directoryMsMax: 5_000,
    /** 32 KiB of buckets as base64url in JSON as base64url is 59 KB; 1,000 overrides of 60 bytes 80 KB more. */
    pinsBytesMax: 512 * 1024,
    /** Live revocations in one snapshot: 50,000 ids of 24 bytes are 1.2 MB; older than their token, they go. */
    revocationsMax: 50_000,
    /** How long a browser stays signed in, and a workspace's cookie at the most. */
    sessionTtlMs: 7 * 24 * 3_600_000,
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
    /** Forms and JSON that the edge itself reads: a name, an e-mail address, a token's name. */
    formBytesMax: 16 * 1024,
  },
  storage: {
    /** Chunk of a file in the object store. */
    chunkBytes: 1024 * 1024,
    /** Files written by code are off the host within this (the promise is 10 s; two rounds of 4 s fit). */
    syncIntervalMs: 4_000,
  },
} as const;
