/** Between the schedulers of regions. */
export const federationLimits = {
  federation: {
    /** How often the leader looks what to hand over, and asks again where it has no answer. */
    everyMs: 1_000,
    /** One look at the others: some hundred bytes each. */
    statusEveryMs: 2_500,
    /** A word of a region older than this is no word. */
    statusMsMax: 20_000,
    /** One call, over an ocean and to a busy Postgres. */
    callMsMax: 3_000,
    /** A prompt of 20,000 characters, parameters and a notebook of some MB. */
    offerBytesMax: 24 * 1024 * 1024,
    /** Jobs looked at in a round: each costs as much as telling its owner where it stands. */
    candidatesMax: 60,
    candidatesPerLine: 6,
    /** Offers under way at a time. */
    spillingMax: 200,
    /** Calls at once to one region. */
    callsMax: 16,
    tokenSeconds: 60,
    secretCharsMin: 32,
    pruneEveryMs: 3_600_000,
  },
} as const;
