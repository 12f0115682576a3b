/** Which generations a host's members are of, and how many of each: pure. */

import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { HostPool } from '../../host/sandbox-host.ts';
import type { Wanted } from '../keep.ts';
import type { Generation } from './generation-store.ts';

export interface Stages {
  current: string | null;
  candidate: string | null;
}

/** What a host says of its images; null while it has not said anything. */
export type Offer = Pick<HostPool, 'own' | 'generations'> | null;

/** One candidate at a time: the newest. */
export function stagesOf(all: readonly Generation[]): Stages {
  const newest = (stage: Generation['stage']) =>
    all.filter((each) => each.stage === stage).toSorted((a, b) => b.stagedAtMs - a.stagedAtMs)[0]
      ?.generation ?? null;
  return { current: newest('current'), candidate: newest('candidate') };
}

/**
 * A host that has the current image keeps what it should of it, and a small share of the candidate's beside that; one
 * that has the candidate's alone, a small share.
 */
export function wantedOn(offered: readonly string[], { current, candidate }: Stages, target: number): Wanted {
  const wanted = new Map<string, number>();
  if (target === 0) return wanted;
  if (current !== null && offered.includes(current)) wanted.set(current, target);
  if (candidate !== null && offered.includes(candidate))
    wanted.set(candidate, Math.ceil(target * limits.pool.staged.share));
  return wanted;
}

/** What a claim may be of: the candidate for a small share of them, and only ever the candidate where nothing else is. */
export function claimableOf(
  offered: readonly string[],
  stages: Stages,
  random: Pick<Random, 'float'>,
): string[] {
  const has = (generation: string | null): generation is string =>
    generation !== null && offered.includes(generation);
  const { current, candidate } = stages;
  const rest = has(current) ? [current] : [];
  const isTrial = has(candidate) && (rest.length === 0 || random.float() < limits.pool.staged.share);
  return isTrial ? [candidate, ...rest] : rest;
}

/** What is to be current where every host is known and none has the current image any more: there is no going back. */
export function withoutAlternative(offers: readonly Offer[], all: readonly Generation[]): string | null {
  const { current, candidate } = stagesOf(all);
  if (current === null || offers.some((offer) => offer === null || offer.generations.includes(current)))
    return null;
  const isOffered = (generation: string | null) => offers.some((offer) => offer?.own === generation);
  if (candidate !== null && isOffered(candidate)) return candidate;
  return all.find(({ generation, stage }) => stage === 'past' && isOffered(generation))?.generation ?? null;
}
