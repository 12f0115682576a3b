/** Asks again until it is so; says what was so last where it never was. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  deadlineMs = 60_000,
): Promise<void> {
  const untilMs = performance.now() + deadlineMs;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
