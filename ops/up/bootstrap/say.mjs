/** Something the person has to do first: shown without a stack. */
export class Refusal extends Error {
  constructor(problem, next) {
    super(`${problem}\n${next}`);
  }
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Shows a step while `work` runs: a live line with the elapsed time on a terminal, a line at its start and
 * one at its end elsewhere.
 */
export async function step(title, work) {
  const startedMs = Date.now();
  const elapsed = () => `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
  const live = process.stderr.isTTY === true;
  if (!live) say(`… ${title}`);
  const redraw = live && setInterval(() => process.stderr.write(`\r\u001b[2K… ${title} ${elapsed()}`), 200);
  const clear = live ? '\r\u001b[2K' : '';
  try {
    const result = await work();
    say(`${clear}✓ ${title} (${elapsed()})`);
    return result;
  } catch (thrown) {
    say(`${clear}✗ ${title} (${elapsed()})`);
    throw thrown;
  } finally {
    clearInterval(redraw);
  }
}
