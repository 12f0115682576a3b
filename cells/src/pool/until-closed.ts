/**
 * What it gives, or an end with the signal, whichever is first. The signal may live as long as the process: nothing
 * stays on it.
 */
export async function untilClosed<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const closed = Promise.withResolvers<never>();
  const close = () => closed.reject(signal.reason);
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  try {
    return await Promise.race([work, closed.promise]);
  } finally {
    signal.removeEventListener('abort', close);
  }
}
