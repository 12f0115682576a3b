/** The numbers by which classes of requests that hang (classes.ts) are found, limited and let go. */
export const classRules = {
  normalFactor: 3,
  normalLeast: 0.02,
  /** Times the number of tracked features: observations of its own until one is limited by chance. */
  quiet: { throttled: 3, isolated: 100, refused: 10_000 },
  throttledShare: 0.02,
  isolatedGpus: 4,
  /** Good ends in a row until the next lower level. */
  okToLeave: { throttled: 12, isolated: 6, refused: 2 },
  probeEveryMs: 5 * 60_000,
  probeEveryMsMax: 4 * 3_600_000,
  holdMs: 15 * 60_000,
  /** A limit that nobody has met for this long is dropped. */
  forgetMs: 7 * 24 * 3_600_000,
  trackedMax: 4_000,
  /** Good ends without a hang in between after which a feature is looked at no more. */
  innocentAfter: 20,
  /** Of a feature's attempts that hung: then it is the class, and not just part of one. */
  sharpShare: 0.8,
  /** Hangs at one level until the next. */
  isolatedBad: 2,
  limitsMax: 64,
  /** Of them, on one organisation's jobs alone: it cannot use up the room for others'. */
  ownLimitsMax: 8,
  recentMax: 64,
  /** Of the suspicious features of one hang so many are paired: 45 pairs. */
  pairedMax: 10,
  /** Attempts without the feature that must have been seen since, to compare with. */
  othersMin: 20,
};
