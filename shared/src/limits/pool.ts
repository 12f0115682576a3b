/** Sandboxes that are ready before anybody asks for them. */
export const poolLimits = {
  pool: {
    /** Members of one host: a quarter of 200 places, so that what is ready never crowds out what is used. */
    membersMax: 50,
    /** Of a host's places, kept ready by a forecast: what is ready never crowds out what is used. */
    placesShareMax: 0.25,
    /** Of what is ready, kept for these tiers and those above them. */
    floorShares: { paid: 0.25, enterprise: 0.25 },
    /** How often each host's members are looked at: one is restored in about 0.3 s. */
    lookMs: 2_000,
    /** Asked for in one look, one after the other: a restore keeps a processor busy, and resumes need the others. */
    batchMax: 4,
    /**
     * While starts are under way, of those kept for higher tiers. At ten times the forecast of a host of two cores
     * enterprise asks for one in two seconds: two in a look, which then pauses for two seconds, are no more than that, and
     * who found none was restored beside four others. With four, in the place of a start of the lowest tier, 99 of 100
     * seeds have a p95 of at most a second (`npm run sim:overload`).
     */
    reservedBatchMax: 4,
    /** A restore, on a host where everything else starts, too: thirty times what it takes. */
    addMs: 10_000,
    /**
     * A host without an image makes it so long after its start: a platform on one machine starts in nine seconds,
     * and whoever comes first boots in two.
     */
    goldenDelayMs: 12_000,
    /** Images of one machine, of 90 MB each: this one, the one before it, and those of one other release. */
    goldensMax: 4,
    /** After that could not be done: often enough to be over it soon, and seldom enough to cost nothing. */
    goldenRetryMs: 60_000,
    forecast: {
      /** Twice what a pool takes to be full again (two members a second) when a minute's demand came at once. */
      intervalMs: 60_000,
      /** How fast the levels follow: a lecture that begins, a morning, a day. */
      halfLivesMs: [3 * 60_000, 20 * 60_000, 3 * 3_600_000, 24 * 3_600_000],
      /** An hour of the week is the average of about so many. */
      seasonWeeks: 6,
      /** Errors of the last two weeks, mostly. */
      errorHalfLifeMs: 7 * 86_400_000,
      weighHalfLifeMs: 12 * 3_600_000,
      sharpness: 12,
      /** The pool is to be enough in so many of the intervals. */
      probability: 0.95,
      /** Counts are kept so long: the weeks that the season is made of, at 1,440 rows of 50 bytes a day 3 MB. */
      keepMs: 42 * 86_400_000,
    },
    /** A new image and the one before it, side by side (cells/src/pool/staged/judge.ts). */
    staged: {
      /** Of claims and members, beside those of the current image. */
      share: 0.1,
      /** Below so many nothing is concluded: of ten, four crashes are more than chance. */
      triedMin: 10,
      /** Of so many with two slow ones, the share of slow ones is below a quarter with 95 %. */
      promoteClaimsMin: 30,
      /**
       * Whoever owns a sandbox can make it crash, or slow: so many owners, those who had most of it, are left out
       * before anything is concluded. What is left has to be from somebody else again, and from a share of all who
       * claimed: of the thirty who are needed for a promotion, three.
       */
      ownersLeftOut: 2,
      ownersMin: 3,
      ownersShareMin: 0.1,
      /**
       * Where fewer than these together have claimed of either image in so long, nobody else is there to tell who is at
       * fault, and nobody else whom one of them would keep an image from: what they have seen counts as it is.
       */
      fewOwnersMs: 3_600_000,
      /** Of either image, on a machine that does other things too, while the current one's own are not known. */
      crashShareExpected: 0.02,
      slowShareExpected: 0.1,
      /** A claim is promised to take 250 ms at the 95th percentile. */
      slowMs: 250,
      /** A sandbox that crashes so soon after its claim crashed for its image. */
      soonMs: 60_000,
      /** Workspaces remembered for that: a cell's busiest minute; 100 bytes each. */
      recentMax: 2_000,
    },
    /** Members that ended by themselves, remembered by their host: four looks' worth. */
    endedMax: 50,
    /** A member that is not ready by then, or whose claim is not over, is ended: three times the longest of either. */
    staleMs: 30_000,
  },
} as const;
