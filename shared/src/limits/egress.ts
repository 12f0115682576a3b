const [mebibyte, gibibyte] = [1024 ** 2, 1024 ** 3];

/** The way out of sandboxes (cells/src/egress). */
export const egressLimits = {
  egress: {
    /** Where the forwarder listens inside: the port that proxies have. */
    port: 3_128,
    /** At once, for a workspace: pip uses one, conda five, uv fifty. Each holds 2 × 64 KiB here and inside. */
    connectionsMaxByTier: { free: 32, paid: 64, enterprise: 128 },
    /** All workspaces of a host: 512 × 128 KiB are 64 MiB at worst, and 1,024 of a process's descriptors. */
    connectionsMax: 512,
    /** Of one sandbox to its proxy, those that have said nothing yet included. */
    socketsMax: 256,
    /** Fetched by a workspace within a day: PyTorch with CUDA is 2.5 GiB. */
    bytesDownPerDayByTier: { free: 10 * gibibyte, paid: 50 * gibibyte, enterprise: 500 * gibibyte },
    /** Sent: a request for a package is 1 KiB, so this is 100,000 of them; files leave by this door slowly. */
    bytesUpPerDayByTier: { free: 100 * mebibyte, paid: 500 * mebibyte, enterprise: 5 * gibibyte },
    /** Tried by one sandbox within a minute, refusals included: each is a row. uv makes 300 for a large environment. */
    attemptsPerMinuteMax: 600,
    /** A name server on the same network answers in milliseconds; a cold answer from afar in 2 s. */
    resolveMsMax: 5_000,
    connectMsMax: 10_000,
    /** Of a name with many: one that is down is no reason to give up, ten are. */
    addressesTriedMax: 3,
    /** From the connection to the whole ClientHello. */
    helloMsMax: 10_000,
    /** Nothing in either direction: an index that computes an answer takes seconds. */
    idleMsMax: 120_000,
    /** Header of one request to the proxy, as Node's own limit. */
    headerBytesMax: 16_384,
    /** A longer one is cut in the record: names have 253 bytes. */
    hostCharsMax: 253,
    /** Records on their way to Postgres: 10 s of 200 a second; above that nothing new is let out. */
    recordsMax: 2_048,
    recordsFlushMs: 500,
    /** Of one answer: a page of it, and 40 KB. */
    listUsual: 50,
    listMax: 200,
    /** Kept for as long as an incident is looked into; 1,000 a day for a busy workspace, 150 bytes each. */
    recordsKeptDays: 90,
    recordsPruneEveryMs: 3_600_000,
    /** Deleted in one statement: 10 ms. */
    recordsPruneMax: 5_000,
  },
} as const;
