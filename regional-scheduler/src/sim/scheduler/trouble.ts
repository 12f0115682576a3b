/** What goes wrong in a world, by its seed: nothing, one kind of trouble, or all of them at once. */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { calm, type Weather } from './network.ts';

export const troubleNames = [
  'none',
  'messages',
  'crashes',
  'partitions',
  'lies',
  'outage',
  'clocks',
  'clocks beyond their margin',
  'regions',
  'everything',
] as const;
export type TroubleName = (typeof troubleNames)[number];

export interface Trouble {
  name: TroubleName;
  weather: Weather;
  crashes: boolean;
  partitions: boolean;
  /** The share of agents that lie. */
  liars: number;
  badHost: HostId | null;
  /** Schedulers go and nothing else: what runs must go on. */
  onlySchedulersFail: boolean;
  /** Wall clocks jump. */
  wallsJump: boolean;
  /** Another region guards the queue, and the region is lost or cut off from it. */
  regions: boolean;
  /** A pace that no margin covers: then a job may run twice for a moment, but only one of them counts. */
  clocksLie: boolean;
  /** Of a machine's monotonic clock. */
  pace(random: Random): number;
}

/** Two machines that differ by this much are what the margin is for. */
const paceWithin = 0.02;
const paceBeyond = 0.4;

const bad: Weather = { lossRate: 0.1, doubleRate: 0.05, lateRate: 0.05, delayMsMax: 400 };
/** Schedulers keep their lease; copies of the queue come doubled and late all the same. */
const mixed: Weather = { lossRate: 0.005, doubleRate: 0.2, lateRate: 0.1, delayMsMax: 50 };

export function troubleOf(seed: number, badHost: HostId): Trouble {
  const name = troubleNames[seed % troubleNames.length]!;
  const all = name === 'everything';
  const messages = name === 'messages' || all;
  const clocksLie = name === 'clocks beyond their margin';
  const width = clocksLie ? paceBeyond : name === 'clocks' || all ? paceWithin : 0;
  return {
    name,
    weather: messages ? bad : name === 'regions' ? mixed : calm,
    regions: name === 'regions' || all,
    crashes: name === 'crashes' || all,
    partitions: name === 'partitions' || all || clocksLie,
    liars: name === 'lies' ? 0.5 : all ? 0.2 : 0,
    badHost: name === 'lies' || all ? badHost : null,
    onlySchedulersFail: name === 'outage',
    wallsJump: name === 'clocks' || clocksLie || all,
    clocksLie,
    pace: (random) => (width === 0 ? 1 : 1 + width * (2 * random.float() - 1)),
  };
}
