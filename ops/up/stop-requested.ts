/** How often it looks whether its parent, the bootstrap, is still there. */
const parentPollMs = 500;

/**
 * Aborts once when the person or the machine asks this program to end: a signal (a second one changes
 * nothing: stopping in order is already under way), or the end of the parent that started it.
 */
export function stopRequested(): { signal: AbortSignal; reason: Promise<string> } {
  const controller = new AbortController();
  const reason = new Promise<string>((resolve) => {
    const ask = (why: string) => {
      controller.abort(new Error(why));
      resolve(why);
    };
    // A terminal that is gone fails every further line; what was started must be stopped all the same.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    process.on('SIGINT', () => ask('Ctrl-C: stopping what was started.'));
    process.on('SIGTERM', () => ask('Asked to end: stopping what was started.'));
    process.on('SIGHUP', () => ask('The terminal was closed: stopping what was started.'));
    if (process.env.CELLBOOK_BOOTSTRAP_PID === String(process.ppid)) {
      whenParentGone(() => ask('The command above was killed: stopping what was started.'));
    }
  });
  return { signal: controller.signal, reason };
}

/** Its timer alone does not keep the program running. */
function whenParentGone(gone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, parentPollMs);
  timer.unref();
}
