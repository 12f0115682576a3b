import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { LegName } from './measure/clients.ts';
import type { RoundsPlan } from './measure/rounds.ts';

const legNames = [
  'direct',
  'cell',
  'edgeCell',
  'edgeCellUnheld',
  'peer',
  'peerNoDelay',
  'edgeCellGvisor',
] as const;

export const usage = `npm run bench -- gateway [--json] [--quick] [--legs direct,cell,edgeCell,peer]

  --json    print nothing but the result, as the last line on standard output
  --quick   fewer round trips and idle sockets, no gVisor leg: for trying the benchmark out
  --legs    only these (of ${legNames.join(', ')})`;

export interface Options {
  json: boolean;
  legs: ReadonlySet<LegName>;
  /** Measured one after the other, each over all legs in turns. */
  plans: { single: RoundsPlan; many: RoundsPlan; shared: RoundsPlan };
  idle: { warmUp: number; step: number; steps: number };
  quick: boolean;
}

export function parseOptions(argv: string[]): Options {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      legs: { type: 'string' },
    },
  });
  z.tuple([z.literal('gateway')]).parse(positionals);
  const quick = values.quick;
  const all = quick ? legNames.filter((name) => name !== 'edgeCellGvisor') : legNames;
  const asked = values.legs?.split(',') ?? all;
  return {
    json: values.json,
    quick,
    legs: new Set(z.array(z.enum(legNames)).min(1).parse(asked)),
    plans: plans(quick),
    idle: quick ? { warmUp: 200, step: 200, steps: 4 } : { warmUp: 400, step: 500, steps: 5 },
  };
}

function plans(quick: boolean): Options['plans'] {
  const rounds = quick ? 2 : 8;
  const fifty = { rounds, clients: 50, roundTripsPerTurn: quick ? 200 : 500, warmUpRoundTrips: 200 };
  return {
    single: { rounds, clients: 1, kernels: 'own', roundTripsPerTurn: quick ? 20 : 50, warmUpRoundTrips: 50 },
    many: { ...fifty, kernels: 'own' },
    shared: { ...fifty, kernels: 'shared', roundTripsPerTurn: 100, warmUpRoundTrips: 100 },
  };
}
