/** What a suspended workspace keeps of its memory, for how long, and how long each way back may take. */
export const ladderLimits = {
  ladder: {
    /**
     * How long each rung is tried before the next one: many times what it takes on two idle cores (thaw 30 ms,
     * restore 0.4 s, a claim 0.1 s, a boot 2 s), since sixteen at once take sixteen times as long, and all
     * together less than a held request's 60 s.
     */
    budgetMs: { live: 2_000, memory: 12_000, 'memory-remote': 15_000, files: 5_000, cold: 24_000 },
    /**
     * How long a suspended sandbox stays frozen in its host's memory. It holds a place meanwhile, which is taken
     * from it as soon as somebody needs one.
     */
    liveMsByTier: { free: 60_000, paid: 300_000, enterprise: 900_000 },
    /** How long an image of its memory is kept after that: a weekend, a fortnight, a quarter. */
    imageMsByTier: { free: 3 * 86_400_000, paid: 14 * 86_400_000, enterprise: 90 * 86_400_000 },
    /** A larger image is not kept: it would be read longer than a boot takes. 4 GiB at 500 MB/s are 8 s. */
    imageBytesMaxByTier: { free: 1 * 1024 ** 3, paid: 4 * 1024 ** 3, enterprise: 16 * 1024 ** 3 },
    /** Stopping a supervisor at a frame boundary, and freezing: tens of milliseconds; then it is stopped instead. */
    sleepMs: 10_000,
    /** Writing an image, in the background: 16 GiB at 200 MB/s. */
    storeMs: 90_000,
    /** Of a host's places this share is kept free of frozen sandboxes, at least one, so that starts need not wait. */
    freeShare: 0.1,
    /**
     * Below this share of a machine's memory frozen sandboxes are stored, one in each sweep: of 24 GiB these are 1.9,
     * in which the two images that are written at once have room, since one is in memory before it is on the disk.
     */
    memoryFreeShare: 0.08,
    /** How long a start waits for a frozen sandbox to make room: an image is written in about a second. */
    makeRoomMs: 5_000,
    /** Suspended workspaces taken up by one sweep for what is due of them. */
    dueRowsMax: 200,
    /** Of a rung that was not taken, the reason is told in so many characters: two long sentences. */
    whyCharsMax: 300,
  },
} as const;
