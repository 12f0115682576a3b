/** The event loop turns once: what is being written goes on, and what has come is read. No time has to pass for it. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
