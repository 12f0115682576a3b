/** Images of sandboxes' memory at rest: cut into chunks, sealed, and put together again. */
export const snapshotLimits = {
  snapshots: {
    /** Large enough that a file for each costs little beside its bytes, small enough that what is unchanged is found. */
    chunkBytes: 1024 * 1024,
    /** What a thread is asked for at once: 10 to 20 ms, so that images taking turns wait little for each other. */
    pieceBytes: 8 * 1024 * 1024,
    /** Files up to here (the supervisor's, 40 of a few KB) lie in the manifest. */
    inlineBytesMax: 64 * 1024,
    /** A file of an image from here on is opened as it is read: a smaller one is opened in 5 ms. */
    lazyBytesMin: 4 * 1024 * 1024,
    /**
     * An image that is here, up to this, is opened whole before it is read: a resume took 0.06 to 0.13 s less than by opening
     * it in the reads' order. It takes its size of memory meanwhile, and as long as one opened ahead waits.
     */
    wholeBytesMax: 256 * 1024 * 1024,
    /** Of all that are opened whole at one time; what is more is opened as it is read. */
    wholeBytesAtOnce: 1024 * 1024 * 1024,
    /** Images opened ahead of the start that will want them, and how long one waits for it: files come in 0.05 to 10 s. */
    aheadMax: 4,
    aheadMs: 15_000,
    /**
     * What a sandbox was restored from is given back after this, which is 50 ms of a processor for 200 MB: who comes back
     * has his first result by then. Sooner where another image wants room.
     */
    giveBackMs: 1_500,
    /** What is read of it at once: 1 MiB, four times what runsc asks for. */
    readPagesMax: 256,
    /** Chunks opened at once of what nobody waits for: 1.5 ms, which is as long as somebody may wait behind them. */
    unitChunks: 4,
    /** Further ahead than what runsc has on its way, 128 reads of 256 KiB: somebody waits for it. */
    soughtAheadBytes: 128 * 256 * 1024,
    /** Chunks that are noted as wanted first, and fetched ahead: 64 MiB in the host's memory, half a second at 1 Gb/s. */
    soughtMax: 64,
    /** Workspaces of which a host has that noted until their next image is written: 2 KB each. */
    workingSetsMax: 2_000,
    /** Readers of one mount, one after the other: one ends only where somebody ends it, and a new one takes 5 ms. */
    readersMax: 100,
    /** A store that fails is waited for this long: the owner has his kernels already, and loses them with an error. */
    lazyWaitMs: 300_000,
    /** 40 attempts in that time, of each unit that is wanted. */
    lazyRetry: { attemptsMax: 1_000, baseDelayMs: 250, maxDelayMs: 15_000 },
    /**
     * One that may have been released unheard is nobody's after this: its reader has reads on their way until it is whole,
     * and one that waits (`lazyWaitMs`) is under way. Its chunks hold memory until then.
     */
    unreadMs: 300_000,
    /** Reads of it that wait: runsc has 128 on their way. */
    readsWaitingMax: 1_024,
    /** Sealing is nobody's wait: one thread does 200 MB/s, and leaves the other processors to users. */
    sealThreads: 1,
    /** Opening is a user's wait: 1 GB/s each. More than four share the memory's bandwidth. */
    openThreadsMax: 4,
    /** One piece takes 50 ms on a busy machine; its disk may stand still for a while. */
    pieceMs: 30_000,
    threadMemoryMiB: 64,
    /** Pieces of one image that are asked for at once: two for each thread, so that none stands still. */
    piecesAtOnce: 8,
    /** Of 16 GiB: 16,400 chunks at 64 bytes each, and the supervisor's files. */
    manifestBytesMax: 8 * 1024 * 1024,
    /** Images on their way from a sandbox to disk: each takes its size of memory meanwhile. */
    writesMax: 2,
    /** To the object store, and back: 8 chunks on their way hide a store's 20 ms behind 1 Gb/s. */
    putsAtOnce: 8,
    /** 200 MB at 20 MB/s are 10 s; what takes longer than this begins again where it was. */
    sendMs: 600_000,
    /** Images of one cell on their way to the object store: each in a host's background. */
    sendsAtOnce: 4,
    /** One that could not be sent is tried again after this. */
    sendAgainMs: 60_000,
    /** How often it is looked what is to be sent. */
    sendLookMs: 2_000,
    /** Chunks stay this long after their image was used, so that the next need not send what is the same. */
    remoteIdleMs: 86_400_000,
    sweepEveryMs: 30_000,
    /** Workspaces whose chunks one sweep removes. */
    sweepRowsMax: 20,
  },
} as const;
