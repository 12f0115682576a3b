/** Kernels, their sockets and their output. */
export const gatewayLimits = {
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
    /** A suspend takes 0.2 s. One that is still on its way after this has failed or hangs: who needs it asks it back. */
    suspendPatienceMs: 2_000,
    /** Held input beyond which a kernel's sockets are not read, until half of it has gone. */
    heldBytesPause: 4 * 1024 * 1024,
    /** Unsent bytes in one socket beyond which its client counts as slow and is served from the log. */
    socketBufferBytesMax: 1024 * 1024,
    /** Three per open notebook (kernel, completer, inspector) for twenty tabs. */
    socketsPerKernelMax: 64,
    /** Workspaces whose last idle warning, or its end, is told to a socket that comes later: 300 bytes each, 3 MB. */
    lastingEventsMax: 10_000,
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
} as const;
