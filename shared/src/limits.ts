/**
 * Every limit in one place, with the sum that justifies it. Units are in the names. Grouped by the folder
 * that uses them.
 */
export const limits = {
  supervisorLink: {
    /** workerd closes a socket above 32 MiB (1009), so a kernel message must stay below with its framing. */
    frameBytesMax: 31 * 1024 * 1024,
  },
  lifecycle: {
    /** JupyterLab shows a request as failed after its own time-out; the edge's is 100 s, so a held request ends first. */
    holdRequestMsMax: 60_000,
    /** A deleted workspace can be brought back this long. */
    deleteUndoMs: 7 * 24 * 3_600_000,
  },
  storage: {
    /** Chunk of a file in the object store. */
    chunkBytes: 1024 * 1024,
    /** Files written by code are off the host within this (the promise is 10 s; two rounds of 4 s fit). */
    syncIntervalMs: 4_000,
  },
} as const;
