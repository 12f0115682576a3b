/** The last lines of each attempt, for a person. */
export function textOfLog({ attempts }: { attempts: readonly { number: number; tail: string }[] }): string {
  if (attempts.length === 0) return 'nothing of it has run yet';
  return attempts
    .map(({ number, tail }) => `attempt ${number}\n${linesOf(tail) || '(it wrote nothing)'}`)
    .join('\n\n');
}

/** As a terminal would leave them: of a line that was written over and over the last. */
const linesOf = (tail: string): string =>
  tail
    .replace(/\r+\n/g, '\n')
    .split('\n')
    .map((line) => line.replace(/^[^\n]*\r(?=[^\n])/, ''))
    .join('\n')
    .trimEnd();
