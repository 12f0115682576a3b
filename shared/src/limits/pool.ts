/** Sandboxes that are ready before anybody asks for them. */
export const poolLimits = {
  pool: {
    /** Members of one host: a quarter of 200 places, so that what is ready never crowds out what is used. */
    membersMax: 50,
    /** How often each host's members are looked at: one is restored in about 0.3 s. */
    lookMs: 2_000,
    /** Asked for in one look, one after the other: a restore keeps a processor busy, and resumes need the others. */
    batchMax: 4,
    /** A restore, on a host where everything else starts, too: thirty times what it takes. */
    addMs: 10_000,
    /** After that could not be done: often enough to be over it soon, and seldom enough to cost nothing. */
    goldenRetryMs: 60_000,
    /** A member that is not ready by then, or whose claim is not over, is ended: three times the longest of either. */
    staleMs: 30_000,
  },
} as const;
