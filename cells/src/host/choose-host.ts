/**
 * Which host the next sandbox goes to: of those with a free place one that has something ready, then the one with the
 * most free places, the first by name among equals. Pure.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { HostLoad } from './sandbox-host.ts';

export interface HostChoice {
  hostId: HostId;
  /** False for one that is being stopped or does not answer. */
  isOpen: boolean;
  /** It answers, and is being emptied. */
  isDraining: boolean;
  load: Pick<HostLoad, 'live' | 'starting' | 'members' | 'capacity'>;
}

/** Null when there is none at all; where all are full the fullest still says so itself, with its own words. */
export function chooseHost(choices: readonly HostChoice[]): HostId | null {
  const ranked = choices.toSorted(
    (a, b) =>
      Number(b.isOpen) - Number(a.isOpen) ||
      Number(hasReady(b)) - Number(hasReady(a)) ||
      freePlaces(b.load) - freePlaces(a.load) ||
      compare(a.hostId, b.hostId),
  );
  return ranked[0]?.hostId ?? null;
}

/** Whether a host takes nothing new (it is full, or drains) while another does. One that does not answer may have anything. */
export function hasRoomElsewhere(choices: readonly HostChoice[], hostId: HostId): boolean {
  const own = choices.find((choice) => choice.hostId === hostId);
  const isFull = own?.isOpen && freePlaces(own.load) <= 0;
  if (!isFull && !own?.isDraining) return false;
  return choices.some(({ isOpen, load }) => isOpen && freePlaces(load) > 0);
}

const hasReady = ({ load }: HostChoice): boolean => load.members > 0 && freePlaces(load) > 0;
const freePlaces = ({ live, starting, capacity }: HostChoice['load']): number => capacity - live - starting;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
