import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { expect, test } from 'vitest';
import { chooseHost, hasRoomElsewhere } from './choose-host.ts';

const host = (name: string, free: number, isOpen = true, isDraining = false, members = 0) => ({
  hostId: hostIdSchema.parse(name),
  ...{ isOpen, isDraining },
  load: { live: 4 - free, starting: 0, members, capacity: 4 },
});

test('the host with the most free places is chosen, the first by name among equals', () => {
  expect(chooseHost([host('eu-1-b', 2), host('eu-1-a', 1), host('eu-1-c', 2)])).toBe('eu-1-b');
});

test('one that has something ready goes before those with more places, unless it is full', () => {
  const ready = (free: number) => host('eu-1-b', free, true, false, 1);
  expect(chooseHost([host('eu-1-a', 3), ready(1)])).toBe('eu-1-b');
  expect(chooseHost([host('eu-1-a', 3), ready(0)])).toBe('eu-1-a');
});

test('one that drains or does not answer is chosen only when there is no other', () => {
  expect(chooseHost([host('eu-1-a', 4, false), host('eu-1-b', 0)])).toBe('eu-1-b');
  expect(chooseHost([host('eu-1-a', 4, false)])).toBe('eu-1-a');
  expect(chooseHost([])).toBeNull();
});

test('there is room elsewhere only when a host says that it is full and another that it is not', () => {
  const [full, free] = [host('eu-1-a', 0), host('eu-1-b', 1)];
  expect(hasRoomElsewhere([full, free], full.hostId)).toBe(true);
  expect(hasRoomElsewhere([full, free], free.hostId)).toBe(false);
  expect(hasRoomElsewhere([full, host('eu-1-b', 0)], full.hostId)).toBe(false);
  expect(hasRoomElsewhere([full, host('eu-1-b', 1, false)], full.hostId)).toBe(false);
  expect(hasRoomElsewhere([host('eu-1-a', 0, false), free], full.hostId)).toBe(false);
  expect(hasRoomElsewhere([free], full.hostId)).toBe(false);
});

test('one that is being emptied takes nothing new, however many places it has; one that is silent may', () => {
  const [draining, free] = [host('eu-1-a', 3, false, true), host('eu-1-b', 1)];
  expect(hasRoomElsewhere([draining, free], draining.hostId)).toBe(true);
  expect(hasRoomElsewhere([draining, host('eu-1-b', 0)], draining.hostId)).toBe(false);
  expect(hasRoomElsewhere([host('eu-1-a', 3, false), free], draining.hostId)).toBe(false);
});
