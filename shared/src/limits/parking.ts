/** Browsers' sockets, held at the edge. */
export const parkingLimits = {
  parking: {
    /** Objects that hold sockets, by user: at 30,000 each they hold 7.7 million; workerd's own limit is 32,768. */
    shards: 256,
    socketsPerShardMax: 30_000,
    /** A parked socket's own row at the object; the runtime takes 16 KiB. An identity is 600 bytes, an address below 2 KiB. */
    heldBytesMax: 8 * 1024,
    /** How often a cell looks which of its sockets are quiet. */
    tickMs: 1_000,
    /** Ticks without a frame either way. Asleep: nothing is said but by somebody. Awake: a thought between two cells. */
    quietTicksAsleep: 2,
    quietTicksAwake: 120,
    /** From park to the close that answers it, at the object. */
    partingMs: 5,
    /** The object answers at once; whatever takes so long is a connection that broke. */
    partingTicksMax: 10,
    /** Rows of parked sockets in one cell: 20,000 users with three each, at 5 KB (measured) 300 MB. Beyond, sockets stay open. */
    parkedPerCellMax: 60_000,
    /** What a cell sends to a socket on its way back, beyond which its client counts as slow: a status or two. */
    queuedBytesMax: 64 * 1024,
    /** What a browser says while it is attached again or its kernel does not read, kept at the object: one message of any size. */
    heldMessageBytesMax: 32 * 1024 * 1024,
    /** What the runtime is given of a socket at a time: it lets go of nothing but to the peer. What waits for it to go waits where it can be dropped. */
    windowBytes: 256 * 1024,
    /** How often more is given while something waits: 25 MB/s, where a kernel says 1 and a terminal as fast as the browser reads. */
    drainMs: 10,
    /** How often it is looked whether what was given has gone. */
    watchMs: 1_000,
    /** Waiting for a browser, beyond which its cell is told to keep the rest, which it has in the kernel's log; until half of it has gone. */
    slowBytes: 512 * 1024,
    /** Waiting for a browser: a message of 31 MiB, and what is on its way from the cell when that is told. Beyond, it is sent away to come back. */
    waitingBytesMax: 40 * 1024 * 1024,
    /** A browser (or a cell) that takes not a byte for so long has gone; a cell that answers no ping is, too, after as long. */
    stalledMsMax: 60_000,
    /** All that an object keeps, for browsers and for cells: half of the 128 MiB of an isolate. Beyond, who has most of it is sent away. */
    keptBytesPerShardMax: 64 * 1024 * 1024,
    /** Of these, still with the runtime after their sockets were closed, for browsers that do not read. Beyond, the object ends itself: that alone frees them. */
    pinnedBytesPerShardMax: 32 * 1024 * 1024,
    /** Wakes of one turn leave together. */
    wakeBatchMs: 5,
    /** 500 orders of 130 bytes are 65 KB. */
    wakeOrdersMax: 500,
    wakeBytesMax: 128 * 1024,
    wakeMsMax: 5_000,
    /** A wake is said again, after this and then twice as long up to the next, until the socket is back or gone. */
    wakeRetryMs: 2_000,
    wakeRetryMsMax: 30_000,
    /** What is told to end is given up after this: its next message is judged anew in any case. */
    endTriesMax: 40,
    /** Each parked socket is asked after so often: a browser that left unheard costs its row as long. */
    confirmEveryTicks: 300,
    /** An attachment is tried again while its cell cannot be reached: a controller is back in 3 s, or in 40 after a hang. */
    attachMsMax: 50_000,
    attachRetryMs: 500,
    attachRetryMsMax: 5_000,
    /** One attempt: the cell reads a row or two before it upgrades. */
    attachAnswerMsMax: 15_000,
    /** A browser that is parked for so long without a word is asked to come back: one that left unheard does not. */
    parkedMsMax: 12 * 3_600_000,
    /** How often an object asks whether its cells are those it knows: with a revocation lost on every other way, 30 s. */
    askRunEveryMs: 30_000,
    askRunMsMax: 5_000,
    /** A cell that does not answer for two minutes may live elsewhere: its browsers come back through the router. */
    silentRunsMax: 4,
    /** Attached again at once by one object, after its cell has started anew. */
    attachAtOnceMax: 16,
  },
} as const;
