/**
 * Checks that take a minute of a processor and wait for nothing: `npm test` runs them beside its tests, on what those
 * leave of the machine, so that they cost the run next to nothing.
 */
import type { Check } from './checks.ts';

const simulation = 'regional-scheduler/src/sim/scheduler/main.ts';

export const besideChecks: readonly Check[] = [
  {
    name: 'a thousand simulated regions, each twice',
    command: 'nice',
    args: ['-n', '19', process.execPath, simulation, '--seeds', '1000', '--threads', '1', '--json'],
  },
];
