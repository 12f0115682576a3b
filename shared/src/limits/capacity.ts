/** Of hosts that a provider gives (regional-scheduler/src/capacity). */
export const capacityLimits = {
  capacity: {
    /** How often the leader looks at what the provider has: nodes take minutes. */
    everyMs: 5_000,
    /** One call of a provider's API. */
    callMsMax: 15_000,
    /** Turns of the leader take a tenth of a second at the most: between two of them what it decided is written. */
    lookAgainMs: 20,
    looksMax: 50,
  },
} as const;
