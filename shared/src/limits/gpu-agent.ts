/** What a GPU host's agent allows itself and the programs it runs. */
export const gpuAgentLimits = {
  gpuAgent: {
    /** Running, or ended and not yet on record: what a report may hold. */
    attemptsMax: 512,
    /** The most that a report may say of one attempt: what is summed into costs stays far within 2^53. */
    told: {
      /** Ten attempts of a day each, ten times over. */
      ranMsMax: 100 * 86_400_000,
      /** 64 TiB: thirty times the largest host there is. */
      memoryMibMax: 64 * 2 ** 20,
    },
    /** While something runs: a lease of 60 s is renewed twelve times, at 128 requests a second from 640 hosts. */
    reportRunningMs: 5_000,
    /** Of a shorter lease: five answers may be lost before anything is stopped. */
    reportLeaseShare: 1 / 8,
    /** What an order that comes at the end of the waiting has used up of its lease. */
    idleLeaseShare: 1 / 4,
    /** Progress in steps of a twentieth is told this often at the most: ten reports of a job of a minute. */
    progressMs: 2_000,
    progressStep: 0.05,
    /** While nothing runs an answer waits for new work so long. */
    reportIdleMs: 15_000,
    /** Of two reports that changes ask for: a host whose eight jobs end at once says so in one or two. */
    reportGapMs: 200,
    /** Beyond what the answer was allowed to wait: twice the longest pause seen of a busy scheduler. */
    answerMs: 10_000,
    /** Between tries while no scheduler answers; with jitter, well below a third of a lease. */
    retry: { baseDelayMs: 250, maxDelayMs: 5_000 },
    /** Of a lease of 60 s: so long before its end what runs is asked to save and end … */
    leaseStopShare: 1 / 4,
    /** … and so long before its end it is killed; a kill and its proof take well below a second. */
    leaseKillShare: 1 / 12,
    /** How long a saving program has when its agent is stopped. */
    drainStopMs: 20_000,
    /** For the last report of an agent that goes; without its answer the scheduler learns of it by the lease. */
    farewellMs: 2_000,
    /** Ids of attempts that are over, kept so that no late order starts one again; 40 bytes each. */
    forgottenMax: 4_096,
    devices: {
      everyMs: 10_000,
      /** `nvidia-smi` answers in 0.1–2 s; a driver that has lost a GPU makes it hang for ever. */
      answerMs: 20_000,
      /** All it knows of sixteen GPUs, as XML: 50 KB of each, five times over. */
      answerBytesMax: 4 * 2 ** 20,
      /** Between looks at how busy one is, while a check of the host runs: a hundred in a minute. */
      useEveryMs: 500,
      /** Read of the kernel's log at one look; it says a few hundred bytes for each error. */
      kernelLogBytesMax: 1_048_576,
      /** Errors remembered by device. */
      errorsMax: 64,
    },
    run: {
      /** For a program's `needs` to answer: a Python that imports large packages from a cold disk. */
      needsMs: 30_000,
      /** Looks at a program's memory, checkpoints and clocks. */
      everyMs: 250,
      /** How far what a successor knows of a program (how long it ran, what it said) may be behind; one fsync of each. */
      noteEveryMs: 30_000,
      /** From kill to gone; more means a process that hangs in the kernel, and the host is at fault. */
      killedMs: 10_000,
      /** Between tries to take away what is stuck: a driver that comes back does so after seconds to minutes. */
      tidyAgainMs: 10_000,
      /** The first user id of attempts: above those of people (60,000) and of the first range for containers (165,535). */
      uidFirst: 200_000,
      /** Of what a program last said: what a report may hold. */
      logCharsMax: 16_384,
      logReportedMax: 4_096,
      /** A line longer than this is no progress. */
      lineCharsMax: 1_000,
      /** Processes of one attempt: a renderer with eight encoders of eight threads, doubled. */
      pidsMax: 1_024,
      /** Unless its manifest says otherwise. */
      memoryMibMax: 16_384,
      silenceMsMax: 10 * 60_000,
      noProgressMsMax: 30 * 60_000,
      checkpointEveryMs: 60_000,
      /** Whether what it made is what it should be: reading a video of an hour. */
      checkMs: 120_000,
      /** Below this much free disk a failure is the host's. */
      freeBytesMin: 4 * 2 ** 20,
    },
    objects: {
      /** One piece of 8 MiB at 2 Mbit/s. */
      pieceMs: 40_000,
      retry: { attemptsMax: 1_000, baseDelayMs: 250, maxDelayMs: 10_000 },
      /** A result that cannot be brought away in this time is given up, and the job tried elsewhere. */
      uploadMs: 30 * 60_000,
      downloadMs: 10 * 60_000,
      resultBytesMax: 16 * 2 ** 30,
    },
  },
} as const;
