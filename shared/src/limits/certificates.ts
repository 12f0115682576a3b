const dayMs = 86_400_000;

/** Of a cell's own certificates, between its controller and its hosts (cells/src/host/tls). */
export const certificateLimits = {
  certificates: {
    /** An authority is replaced by hand, on every machine of its cell: once in ten years. */
    authorityMs: 3_650 * dayMs,
    /** A certificate that leaked is good for a year at most; renewing needs no restart. */
    validMs: 365 * dayMs,
    /** `npm start` renews what ends sooner: a platform that is started once in ten months never meets an end. */
    renewBeforeMs: 60 * dayMs,
    /** From here on every look warns: two weeks, so that somebody is at work before it ends. */
    warnBeforeMs: 14 * dayMs,
    /** A peer's clock may be behind by this much when a certificate is new. */
    clockSkewMs: 300_000,
    /** Three small files are read, 0.2 ms: a rotated certificate serves within ten seconds. */
    lookEveryMs: 10_000,
  },
} as const;
