/** Does it to all of one place at once, and goes to the next place when all of them are done. */
export async function inStopOrder<T extends { stopOrder: number }>(
  programs: readonly T[],
  stop: (program: T) => Promise<void>,
): Promise<void> {
  const places = [...new Set(programs.map((program) => program.stopOrder))].sort((a, b) => a - b);
  const failures: unknown[] = [];
  for (const place of places) {
    const outcomes = await Promise.allSettled(
      programs.filter((program) => program.stopOrder === place).map(stop),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(outcome.reason);
  }
  // The others are stopped all the same.
  if (failures.length > 0) throw failures[0];
}
