/** Replays one seed and prints its log: `node cells/src/lifecycle/sim/run.ts --seed 7`. */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const { log, broken } = await simulate(Number(values.seed));
process.stdout.write(`${log.join('\n')}\n`);
process.exitCode = broken === null ? 0 : 1;
