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
    /** Another region's look at this one's database: it hears that it does not answer before its own call is over. */
    databaseLookMs: 2_000,
    /** For how long a look counts: regions ask every `statusEveryMs`, so that a lost database is known within two of them. */
    databaseSeenMs: 5_000,
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
    /** How often the leader copies what is new in its queue: what is acknowledged later than that is lost with its region. */
    guardEveryMs: 250,
    /** A region not heard of for so long counts as lost; its record is renewed three times in that time. */
    lostMs: 60_000,
    /** How long a guardian may be silent before its region goes on without one, and asks for another. */
    guardianSilentMs: 15_000,
    /** After so long without it, a guardian whose answers could not be read is tried again: releases take minutes. */
    misheardAgainMs: 300_000,
    /** How often a guardian is told of a job that it could not read. */
    refusedAgainMs: 600_000,
    /** Jobs refused alone, none taken between them, after which it may be the guardian that is ill: some thirty calls. */
    refusedInARowMax: 8,
    /** How often a guardian looks at the records of those it guards: one read of the directory each. */
    lookEveryMs: 10_000,
    /** Jobs in one message: their prompts and notebooks stay below `offerBytesMax`. */
    copiesPerCall: 500,
    copyBytesMax: 8 * 1024 * 1024,
    /** Acknowledged in one message: some hundred bytes each. */
    releasesPerCall: 1_000,
    /** Stored with their holds in one commit. */
    takenPerCommit: 500,
    takenPerPage: 10_000,
    /** What was let go and is over is remembered until no older message can come: tokens are good for two minutes. */
    tombstonesMs: 600_000,
    /** A region that is away for longer than that comes back without its queue (ops/runbooks/gpu-region-lost.md). */
    takenKeptMs: 90 * 86_400_000,
    /** How long an edge goes by what it has read of a region's record. */
    holderKnownMs: 5_000,
    /** Of a cap, granted beyond what is needed: twenty asks at the most use it up, and the last of it waits in few regions. */
    budgetSlice: 0.05,
    /** How long an instance goes by what it has read of a grant. */
    budgetKnownMs: 5_000,
    /** Some hundred bytes each. */
    budgetsKnownMax: 10_000,
    /** Between lowering a grant here and giving it back: longer than an instance knows it, and than a commit may take. */
    budgetLoweredMs: 60_000,
    budgetLookMs: 3_600_000,
    /** Of a grant, or a hundredth of a unit: so much that is not used stays where it is. */
    budgetKeptShare: 0.05,
    budgetKeptMicros: 10_000,
    /** Told in one look of what they used unasked: a call each, a minute or two over an ocean; the others an hour later. */
    budgetsToldMax: 1_000,
    /** So long an edge that knew of no users' caps is not asked for one again. */
    usersAloneMs: 60_000,
    /** So long after an ask that was not answered nobody waits for another: a call may take longer than that. */
    budgetFailedMs: 2_000,
    /** How often what was taken elsewhere is told to one’s own leader, until its state says so. */
    tellAgainMs: 5_000,
  },
} as const;
