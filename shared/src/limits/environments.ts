/** Installed packages (cells/src/environments). */
const minuteMs = 60_000;
const gib = 1024 ** 3;

export const environmentLimits = {
  environments: {
    /** Looks in a row that must find the same before it is stored: an install that is under way writes between any two of 4 s. */
    quietLooks: 2,
    /** One layer into the store: 10 GiB at 30 MiB/s take six minutes; who is slower begins again with what is there. */
    captureMsMax: 10 * minuteMs,
    /** A capture whose process died keeps its organisation from being swept for so long: longer than one may take. */
    captureLeaseMs: 15 * minuteMs,
    /** A suspend that finds its organisation being swept waits this long in all, asking this often, before it fails. */
    awaitSweepMs: 20_000,
    awaitSweepEveryMs: 250,
    /** A sweep whose process died over a turn keeps captures waiting at most so long. */
    sweepLeaseMs: 15_000,
    /** After a layer was let go: reinstalls within the hour are swept in one go. */
    sweepAfterMs: 60 * minuteMs,
    /** The controller looks for what is due this often. */
    sweepPassMs: 5 * minuteMs,
    /** What all of them hold is added up for operators: reading 20,000 rows takes a second. */
    measureEveryMs: 5 * minuteMs,
    /** Organisations in one pass; the rest come with the next. */
    sweepPassMax: 20,
    /** Objects removed in one turn: captures wait for 50 at 20 ms, a second. */
    deletesPerTurn: 50,
    /** And between two looks at whether the turn is still ours. */
    deletesPerLook: 10,
    /** Unpacked layers on a host: ten of the size of PyTorch's; a home may hold 10 GiB, and one always fits. */
    cacheBytesMax: 20 * gib,
    /** Copying a layer into a home: 10 GiB at 100 MiB/s take 100 s. */
    copyMsMax: 3 * minuteMs,
    /** A reset on a host, which may have to unpack what was there before: as an attach. */
    resetMs: 2 * minuteMs,
    /** Packages in a lockfile; more are counted, not named. A large scientific environment has 600. */
    packagesMax: 5_000,
    /** What is read of METADATA for a name and a version (the long description follows them), and of RECORD for its digest. */
    metadataBytesMax: 64 * 1024,
    recordBytesMax: 16 * 1024 * 1024,
    /** Rebuilding from a lockfile: an hour's quota of an index is fetched in far less. */
    rebuildMsMax: 15 * minuteMs,
    /** What pip says while it rebuilds; a failure's reason is at its end. */
    rebuildOutputBytesMax: 4 * 1024 * 1024,
  },
} as const;
