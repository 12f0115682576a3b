/**
 * Where installed packages live: one directory of the home, which Python takes for the user's own place
 * (PYTHONUSERBASE), so that `pip install` needs no flag and notebooks, terminals and scripts all see it. Its name is
 * one of storage's own (reserved-names.ts): it is not among the files, and has no versions of theirs.
 */
import { reservedName } from '../storage/live/reserved-names.ts';

export const environmentName = reservedName('environment');

export const environmentPathIn = (home: string): string => `${home}/${environmentName}`;

/** What leads Python, pip and a shell there. */
export function environmentVariables(home: string): Record<'PYTHONUSERBASE', string> {
  return { PYTHONUSERBASE: environmentPathIn(home) };
}
