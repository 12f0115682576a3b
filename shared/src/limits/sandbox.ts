/** Sandboxes, what runs inside them, and the hosts they run on. */
export const sandboxLimits = {
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
    /**
     * What a restore waits for processes to take fresh entropy: 1 to 5 ms on a quiet machine, 150 at load 15. A tenth
     * of it for busy kernels, where C code may hold Python's lock.
     */
    entropyMs: 1_000,
    /** Processes that can be handed entropy: 64 kernels, and three forked children of each. */
    hooksMax: 256,
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
    /** From spawn to HELLO of one that comes back: 0.2 s, and 1 s for each GiB read from disk; a hundred may come at once. */
    restoreMsMax: 30_000,
    /** Writing 32 GiB at 300 MB/s takes 110 s; never on a user's path. */
    saveMsMax: 180_000,
    /** An image from here on is read while its sandbox runs already: up to here all of it is there in 0.15 s. */
    backgroundBytesMin: 256 * 1024 * 1024,
    /** Sandboxes made ahead on a host, each of another shape: 40 MiB each, and one for each of the usual tiers. */
    shellsMax: 2,
    /** Made this long after the last one that came back: whoever does needs the processors more. */
    shellDelayMs: 1_000,
    /** Until it is somebody's. */
    shellCpuMillis: 1_000,
    /** Each command of runsc and each step of a clean-up. */
    commandMsMax: 20_000,
    /** From the end of a sandbox's output to its own end: it says last what went wrong. */
    endGraceMs: 2_000,
    stderrTailBytes: 16 * 1024,
    /** In less a home's ext4 has little room beside its own tables. */
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
    /** Vulnerabilities become known every day; a week is what a roll-out takes. */
    imageScanStaleMs: 7 * 86_400_000,
    /** What a scan beside a running platform has found is told within this. */
    imageScanLookMs: 5 * 60_000,
    /** Images a host remembers to have run: it can go back to as many. */
    imagesRunMax: 20,
    /** A connection that nothing uses is kept for the next command: longer than a load balancer's usual minute. */
    keepAliveMs: 72_000,
    /** A command that only looks; starting, storing and stopping have the deadlines of their steps. */
    commandMsMax: 10_000,
    /** To a daemon on the same network; one that takes longer is as good as gone. */
    connectMsMax: 5_000,
    /**
     * While sandboxes run on a host it is asked how it is, a request of 1 ms: so that it drains is known within a
     * second, and that it is silent within 3 × (1 + 3) s. One late answer ends nothing: machines are busy at times,
     * and a connection that is cut for nothing costs a take-over.
     */
    watchEveryMs: 1_000,
    watchDeadlineMs: 3_000,
    silencesMax: 3,
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
    /** A drain that is in no hurry waits so long for cells that compute: most do not take ten minutes. */
    drainBusyMs: 600_000,
    /** A controller asks every host at each sweep, every 5 s: one that has not for longer is gone. */
    controllerHeardMs: 7_000,
    /**
     * Free on a host's disk before files come to it or are saved on it: what eight sandboxes may write between two
     * rounds of the syncer at 1 MB/s each (4 s), so that it is stored before the disk is full.
     */
    diskHeadroomBytesMin: 32 * 1024 * 1024,
    /**
     * Epochs of purged workspaces are forgotten once an hour, so many in a statement, when the purge is longer ago
     * than any command lives that was sent before it (a flush: 300 s).
     */
    forgetPurgedEveryMs: 3_600_000,
    forgetPurgedRowsMax: 1_000,
    forgetPurgedAfterMs: 3_600_000,
    keyCharsMin: 32,
  },
} as const;
