import type { HostId } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { foldStaged, type Rollouts } from '../contain/rollout.ts';
import { BinariesAtHand } from './binaries-at-hand.ts';

const host = (name: string) => name as HostId;

describe('the binaries that hosts have', () => {
  it('are used at once where nobody had one of that name, and else rolled out once all that have it have the new one', () => {
    const known = new BinariesAtHand();
    const rollouts: Rollouts = {};
    const hear = (name: string, ...binaries: string[]) => {
      const decisions = known.heard({ hostId: host(name), binaries }, rollouts, 3);
      for (const one of decisions) foldStaged(rollouts, { ...one, atMs: 0 });
      return decisions.map(({ version, permille }) => `${version} ${permille}`);
    };
    expect(hear('a', 'video@1')).toEqual(['1 1000']);
    expect(hear('b', 'video@1')).toEqual([]);
    expect(hear('b', 'video@1', 'video@2')).toEqual([]);
    expect(hear('c', 'notebook@5')).toEqual(['5 1000']);
    expect(hear('b', 'video@1', 'video@2')).toEqual([]);
    expect(hear('a', 'video@2', 'video@1')).toEqual(['2 10']);
    expect(hear('b', 'video@1', 'video@2')).toEqual([]);
    expect(rollouts.video).toMatchObject({ stable: '1', candidate: '2' });
  });

  it('are not rolled out by a new leader before it has heard every host', () => {
    const rollouts: Rollouts = {};
    foldStaged(rollouts, { binary: 'video', version: '1', permille: 1000, atMs: 0 });
    const known = new BinariesAtHand();
    expect(known.heard({ hostId: host('a'), binaries: ['video@1', 'video@2'] }, rollouts, 2)).toEqual([]);
    expect(known.heard({ hostId: host('b'), binaries: ['video@1'] }, rollouts, 2)).toEqual([]);
    expect(
      known.heard({ hostId: host('b'), binaries: ['video@2', 'nonsense', '@x'] }, rollouts, 2),
    ).toHaveLength(1);
  });
});
